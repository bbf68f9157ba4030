"""`micro-enterprises/ID/activate/`: an ME may trade once it has something to sell."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import api
from accounts.api.micro_enterprises import MicroEnterpriseRow
from accounts.rest.answers import retried
from accounts.rest.resources import Nothing
from marketplace import micro_enterprises


class MicroEnterprises(api.MicroEnterprises):
    """Every ME of the firm; each member may form one, an HR admin activates it."""

    @extend_schema(request=Nothing, responses=MicroEnterpriseRow)
    @action(detail=True, methods=["post"], scopes={})
    @retried
    def activate(self, request: Request, pk: str) -> Response:
        """Let a proposed ME trade; 409 `not_ready` names what is missing."""
        me = micro_enterprises.activate(self.get_object(), by=self.user, on=self.on)
        return self.shown(me)
