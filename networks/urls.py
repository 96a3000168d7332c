"""The paths of the page in every form that it shows; those of one subject stand in its folder.

What is literal stands before what a network may be called: `/api/{netid}/nodes/` is last.
"""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
