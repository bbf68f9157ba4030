import time, collections
import pytest
from django.db import connection
from config import demo

@pytest.mark.django_db
def test_scratch(settings):
    settings.DEMO = True
    t=time.monotonic(); c=time.process_time()
    counts=collections.Counter()
    def wrap(execute, sql, params, many, context):
        counts[sql.split()[0]]+=1
        return execute(sql, params, many, context)
    with connection.execute_wrapper(wrap):
        demo.build()
    print("\nCPU", round(time.process_time()-c,1)); print("TOOK", round(time.monotonic()-t,1), counts)
    for l in demo.logins(): print(l)
