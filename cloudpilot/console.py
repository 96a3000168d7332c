"""The console at `/console/`: Django's admin, whose login is limited as the API's is."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig


class Console(AdminSite):
    site_header = "CloudPilot"
    site_title = "CloudPilot console"
    index_title = "Console"
    enable_nav_sidebar = False
    # It would claim every path below /console/, so that none could go without its slash.
    final_catch_all_view = False


class ConsoleConfig(AdminConfig):
    default_site = "cloudpilot.console.Console"
