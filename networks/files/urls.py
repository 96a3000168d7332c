from django.urls import path

from networks.files.views import FileView

urlpatterns = [path("meshclient/files/<str:name>/", FileView.as_view())]
