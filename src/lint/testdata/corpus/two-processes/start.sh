#!/bin/bash
celery -A tasks worker &
gunicorn app:app -b 0.0.0.0:8000 &
wait -n
exit $?
