from django.urls import path

from learning_market.views import catalogue, purchases

app_name = "learning_market"
urlpatterns = [
    path("", catalogue.browse, name="catalogue"),
    path("import/", catalogue.import_file, name="import"),
    path("courses/new/", catalogue.new_course, name="new_course"),
    path("courses/<int:pk>/", catalogue.course, name="course"),
    path("courses/<int:pk>/change/", catalogue.change_course, name="change_course"),
    path("courses/<int:pk>/runs/new/", catalogue.new_run, name="new_run"),
    path("runs/<int:pk>/", purchases.run, name="run"),
    path("runs/<int:pk>/cancel/", catalogue.cancel_run, name="cancel_run"),
    path("runs/<int:pk>/move/", catalogue.move_run, name="move_run"),
    path("purchases/", purchases.ours, name="purchases"),
    path("purchases/<int:pk>/", purchases.purchase, name="purchase"),
    path("purchases/<int:pk>/<slug:event>/", purchases.decide, name="decide"),
    path("seats/<int:pk>/cancel/", purchases.cancel_seat, name="cancel_seat"),
]
