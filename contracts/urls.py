"""Contracts and orders outside, mounted at the root: both have an address of their own."""

from django.urls import path

from contracts.views import agreements, drafting, integrity, outside

app_name = "contracts"
urlpatterns = [
    path("contracts/", agreements.contracts, name="contracts"),
    path("contracts/new/<int:offering>/", drafting.draft, name="draft"),
    path("contracts/integrity/", integrity.integrity, name="integrity"),
    path("contracts/lost/", outside.lost, name="lost"),
    path("contracts/<int:pk>/", agreements.contract, name="contract"),
    path("contracts/<int:pk>/edit/", drafting.revise, name="revise"),
    path("contracts/<int:pk>/counter/", drafting.counter, name="counter"),
    path("contracts/<int:pk>/offer/", agreements.offer, name="offer"),
    path("contracts/<int:pk>/accept/", agreements.accept, name="accept"),
    path("contracts/<int:pk>/decline/", agreements.decline, name="decline"),
    path("contracts/<int:pk>/withdraw/", agreements.withdraw, name="withdraw"),
    path("contracts/<int:pk>/cancel/", agreements.cancel, name="cancel"),
    path("contracts/<int:pk>/end/", agreements.end, name="end"),
    path("contracts/<int:pk>/confirm-end/", agreements.confirm_end, name="confirm_end"),
    path("outside-purchases/", outside.purchases, name="outside_purchases"),
    path("outside-purchases/new/<int:offer>/", outside.order, name="order_outside"),
    path("outside-purchases/<int:pk>/", outside.purchase, name="outside_purchase"),
    path("outside-purchases/<int:pk>/order/", outside.confirm, name="confirm_outside"),
    path("outside-purchases/<int:pk>/receive/", outside.receive, name="receive_outside"),
    path("outside-purchases/<int:pk>/cancel/", outside.cancel, name="cancel_outside"),
]
