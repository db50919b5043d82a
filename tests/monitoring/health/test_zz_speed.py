import time, pytest
from datetime import timedelta
from django.utils import timezone
from django.db import connection
from monitoring.health import traffic, fallbacks, work
from monitoring.log_writer import LogWriter
from tests.monitoring.health.cast import exchange, make_provider
pytestmark = pytest.mark.django_db
def test_speed(capsys):
    now=timezone.now()
    for p in range(10): make_provider("", name=f"p{p}", vendor="demo")
    w=LogWriter()
    for start in range(0,40000,2000):
        w.take([exchange(now-timedelta(seconds=(start+i)%290), bad=i%7==0, provider=f"p{i%10}", model=f"m{i%40}", then="p1" if i%7==0 else "") for i in range(2000)])
    if connection.vendor=='postgresql':
        with connection.cursor() as c: c.execute('analyze monitoring_requestlog')
    for _ in range(3):
        t=time.monotonic(); f=traffic.read(since=now-timedelta(minutes=5)); a=time.monotonic()-t
        t=time.monotonic(); n=fallbacks.count("p0","",now-timedelta(minutes=5),now); b=time.monotonic()-t
        t=time.monotonic(); work.look(); c=time.monotonic()-t
        with capsys.disabled(): print(connection.vendor, f"read {a*1000:.0f} ms, {len(f)} targets; fallbacks {n} in {b*1000:.0f} ms; whole round {c*1000:.0f} ms")
