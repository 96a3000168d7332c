# CloudPilot: makes this router a node of a mesh network. RouterOS 6 reads this file too.
# Say first which network, and show an access key of it:
#   :global CloudPilotNetwork "skynet"
#   :global CloudPilotKey "<value of the key>"
:global CloudPilotNetwork
:global CloudPilotKey
:if ([:len $CloudPilotNetwork] = 0 || [:len $CloudPilotKey] = 0) do={
    :error "CloudPilot: set CloudPilotNetwork and CloudPilotKey first, see the head of this file."
}
:if ([:pick [/system resource get version] 0 2] = "6.") do={
    :put "CloudPilot: this router runs RouterOS 6, which has no WireGuard. Nothing was changed."
    :put "CloudPilot: upgrade it to RouterOS 7: /system package update set channel=upgrade"
    :put "CloudPilot: then /system package update install, and paste the same line again."
    :put "CloudPilot: a model that cannot run RouterOS 7 needs another way in: a public address or a VPN of yours."
    /system script environment remove [find name="CloudPilotKey"]
    :error "CloudPilot: RouterOS 7 is needed."
} else={
    /tool fetch url=@JOIN_URL@ check-certificate=@CHECK@ dst-path="cloudpilot-join.rsc"
    /import file-name="cloudpilot-join.rsc"
    /file remove [find name="cloudpilot-join.rsc"]
}
