# Somebody else's image, with two lines of ours (marked). The server itself is not changed.
#
#   docker build -f python-server.Dockerfile -t model-server . && docker run --stop-timeout 80 -p 8080:8080 model-server

FROM python:3.12-slim-bookworm
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt \
 && useradd --uid 10001 --create-home app
COPY serve.py ./
USER 10001:10001
# The first line: one file, which needs neither Node nor npm.
COPY --from=lastcall /usr/local/bin/lastcall /usr/local/bin/lastcall
# The second: the server's own command stays what it was, behind the two hyphens.
ENTRYPOINT ["lastcall", "run", "--listen", "8080", "--app-port", "8000", "--grace", "75s", "--"]
CMD ["python", "serve.py"]
STOPSIGNAL SIGTERM
EXPOSE 8080
