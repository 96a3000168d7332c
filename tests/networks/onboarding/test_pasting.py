"""One line, pasted into a router's terminal."""


def test_a_router_becomes_one_of_the_company(onboarded, network):
    node = network.nodes.get()

    assert node.mac_address == onboarded.mac
    assert node.router.company == network.company
    assert (node.router.host, node.router.port) == (node.address, 8728)
