"""Celery as both sides configure it: the web process to send wake-ups, the worker to run them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import Celery

from actionhub import embedded

#: Broker addresses that mean the embedded one.
EMBEDDED_SCHEMES = frozenset({"filesystem", embedded.SCHEME})
QUEUE = "actionhub"
#: RabbitMQ's replicated kind of queue; a name of its own, as a queue cannot change its kind.
QUORUM_QUEUE = "actionhub.wakeups"
SOFT_SHUTDOWN_SECONDS = 15.0
#: Seconds between looks into the embedded broker's folder.
EMBEDDED_POLL_SECONDS = 0.1


def make_celery(broker_url: str, data_dir: Path) -> Celery:
    """A Celery app on `broker_url`; `filesystem://` is the embedded broker, in `data_dir/broker`.

    Messages carry task names and JSON scalars only; results are kept nowhere.
    """
    celery = Celery("actionhub", broker=broker_url, set_as_current=False)
    celery.conf.update(
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        enable_utc=True,
        timezone="UTC",
        task_default_queue=QUEUE,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        broker_connection_max_retries=None,  # however long it is away
        broker_pool_limit=1,
        # Stopped in haste (SIGQUIT), it still lets the message in hand end.
        worker_soft_shutdown_timeout=SOFT_SHUTDOWN_SECONDS,
        # A process that was killed has no result to wait for, and its place is needed.
        worker_lost_wait=0.5,
    )
    scheme = urlsplit(broker_url).scheme
    if scheme in {"amqp", "amqps"}:
        celery.conf.update(_RABBITMQ)
    if scheme in EMBEDDED_SCHEMES:
        celery.conf.update(_embedded(data_dir / "broker"))
    return celery


_RABBITMQ: dict[str, Any] = {
    "task_default_queue": QUORUM_QUEUE,
    "task_default_queue_type": "quorum",
    "broker_transport_options": {"confirm_publish": True},
    # Wake-ups are never for later: Celery's 28 queues for that need not be replicated.
    "broker_native_delayed_delivery_queue_type": "classic",
}


def _embedded(folder: Path) -> dict[str, Any]:
    with suppress(OSError):  # a broker that is away: who only sends mail can do without
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": f"{embedded.SCHEME}://localhost",  # kombu warns of a missing host
        "worker_enable_remote_control": False,
        "broker_transport_options": {
            "folder": str(folder),
            "polling_interval": EMBEDDED_POLL_SECONDS,
        },
    }
