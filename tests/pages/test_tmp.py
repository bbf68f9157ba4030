import pytest, re
from django.urls import get_resolver, URLResolver
from django.test import Client
from django.db import transaction
from tests.pages import world as w
from accounts.models import AuditEvent

ROLES = "member lead signer other_lead foreign_lead hr_admin chro auditor client".split()
TARGETS = {
 "contracts": None,
}
@pytest.mark.django_db
def test_it(time_machine, settings):
    time_machine.move_to(w.NOW, tick=False)
    settings.DEMO=True
    x=w.build()
    x.march="2026-03"; x.key="minimum_raters"; x.event="commit"
    clients={}
    for r in ROLES:
        clients[r]=Client(raise_request_exception=False); clients[r].force_login(getattr(x,r))
    def walk(p, ns="", route=""):
        for e in p:
            if isinstance(e, URLResolver):
                yield from walk(e.url_patterns, e.namespace or ns, route+str(e.pattern))
            else:
                yield (f"{ns}:{e.name}" if ns else e.name), route+str(e.pattern)
    targets = eval(open("/tmp/targets.py").read())
    from django.urls import reverse
    out=open("/tmp/observed.txt","w")
    for name, route in walk(get_resolver().url_patterns):
        if route.startswith(("api/","accounts/l","accounts/p","accounts/s","accounts/e","accounts/i","accounts/c","accounts/r","healthz","readyz")): continue
        rows = targets.get(name) or [""]
        for row in rows:
            query=""
            t=row
            if "?" in t: t,query=t.split("?"); query="?"+query
            args=[]
            try:
                for a in t.split():
                    o=getattr(x,a); args.append(getattr(o,"pk",o))
                url=reverse(name,args=args)+query.format(**{k:getattr(v,"pk",v) for k,v in vars(x).items()})
            except Exception as e:
                out.write(f"{name} {route} {row}: NO ADDRESS {e}\n"); continue
            allow = clients["hr_admin"].put(url)
            methods = allow.headers.get("Allow","ANY "+str(allow.status_code))
            out.write(f"{name} [{row}] {url} {methods}\n")
            for m in ("GET","POST"):
                if m not in methods and "ANY" not in methods: continue
                line=[]
                for r in ROLES:
                    n=AuditEvent.objects.filter(was_refused=True).count()
                    sid=transaction.savepoint()
                    try:
                        resp=getattr(clients[r],m.lower())(url)
                        code=str(resp.status_code)
                    except Exception as e:
                        code="EXC"+repr(e)[:50]
                    if code in("403","404"):
                        try:
                            code+= "" if AuditEvent.objects.filter(was_refused=True).count()>n else "!"
                        except Exception: code+="?"
                    transaction.savepoint_rollback(sid)
                    line.append(f"{r}={code}")
                out.write(f"    {m}: {' '.join(line)}\n")
