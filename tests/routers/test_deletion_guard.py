"""A router that still sells something stays: the guard is the foreign key, whoever declares it."""

import pytest
from django.apps import apps
from django.db import connection, models

from routers.models import Router
from tests.factories import RouterFactory, UserFactory
from tests.parallel import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def package_model(transactional_db):
    """A table that protects its router, as packages will: here for the length of a test."""

    class Product(models.Model):
        router = models.ForeignKey(Router, models.PROTECT, related_name="+")

        class Meta:
            app_label = "hotspot"

        def __str__(self):
            return "a product"

    with connection.schema_editor() as editor:
        editor.create_model(Product)
    yield Product
    with connection.schema_editor() as editor:
        editor.delete_model(Product)
    del apps.all_models["hotspot"]["product"]
    apps.clear_cache()


def test_a_router_with_packages_is_not_deleted(client, operator, package_model):
    router = RouterFactory(owner=operator)
    product = package_model.objects.create(router=router)

    refused = client.delete(f"/routers/{router.pk}/")
    product.delete()
    done = client.delete(f"/routers/{router.pk}/")

    assert (refused.status_code, refused.json()["code"]) == (409, "router_has_packages")
    assert done.status_code == 200


def test_the_page_says_how_many_products_hold_it(client_of, package_model):
    admin = client_of(UserFactory(is_superuser=True))
    router = RouterFactory()
    package_model.objects.create(router=router)
    package_model.objects.create(router=router)

    answer = admin.delete(f"/admin/empresas/{router.company.public_id}/routers/{router.public_id}")

    assert answer.status_code == 400
    assert answer.json() == {
        "detail": "No se puede eliminar el router porque tiene 2 producto(s) asociado(s)"
    }


def test_a_package_added_while_the_router_is_deleted_is_refused_or_holds_it(
    client_of, operator, package_model
):
    router = RouterFactory(owner=operator)
    clients = [client_of(operator) for _ in range(4)]

    def act(index):
        if index % 2:
            return clients[index // 2].delete(f"/routers/{router.pk}/")
        return package_model.objects.create(router_id=router.pk)

    at_once(act, 8)

    orphans = package_model.objects.exclude(router__in=Router.objects.all())
    assert not orphans.exists()
