# Images of the stack: api, worker, mlflow, prefect. `docker build --target api -t vivier-api .`
#
# BASE is any Debian with Python 3.11+, its venv module and pip: a mirror's, a hardened one, or one made by debootstrap.
# Everything else comes from the locks, by hash.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS base
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DO_NOT_TRACK=1 \
    ORT_DISABLE_TELEMETRY=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    PREFECT_SERVER_ANALYTICS_ENABLED=false
# Folders that volumes are mounted on belong to the user: a new volume takes its owner from them.
RUN groupadd --gid 10001 vivier \
 && useradd --uid 10001 --gid 10001 --home-dir /home/vivier --create-home --shell /usr/sbin/nologin vivier \
 && install -d -o vivier -g vivier /var/lib/vivier /data /app
WORKDIR /app


FROM base AS api-packages
RUN python3 -m venv /opt/venv
COPY deploy/locks/api.lock /tmp/
RUN pip install --no-cache-dir --no-compile --no-deps --require-hashes -r /tmp/api.lock
COPY deploy/images/slim.py /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/* \
 && python3 /tmp/slim.py /opt/venv \
 && find /opt/venv -name '*.so*' -type f ! -path '*.libs/*' -exec strip --strip-unneeded {} +
# Bytecode of what a serving process and its commands import: in a read-only container it would be made anew at every
# start. What is missing or broken stops the build here.
COPY vivier.py /app/
COPY service /app/service
COPY indexing /app/indexing
COPY flows /app/flows
RUN PYTHONDONTWRITEBYTECODE= python3 -c "import vivier, service.app, indexing.assembly, indexing.onnx_encoder, \
    indexing.server_index, indexing.edge_index, indexing.people_store, indexing.model_registry.connected, flows.commands, \
    flows.erase, flows.backing_up, flows.bringing_back, flows.promotion_settings, indexing.promotion.listing, pyarrow.parquet"


FROM base AS worker-packages
# GPU=1 takes the CUDA build of torch from the ordinary index.
ARG GPU=
ARG TORCH=torch==2.13.0
ARG TORCH_CPU_INDEX=https://download.pytorch.org/whl/cpu
RUN python3 -m venv /opt/venv
RUN if [ -n "$GPU" ] || ! pip install --no-cache-dir --no-deps --timeout 15 --retries 1 --index-url "$TORCH_CPU_INDEX" "$TORCH"; \
    then pip install --no-cache-dir "$TORCH"; fi
COPY requirements.lock /tmp/
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.lock


FROM base AS mlflow-packages
RUN python3 -m venv /opt/venv
COPY deploy/locks/mlflow.lock /tmp/
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/mlflow.lock


FROM base AS prefect-packages
RUN python3 -m venv /opt/venv
COPY deploy/locks/prefect.lock /tmp/
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/prefect.lock


FROM base AS source
COPY pyproject.toml README.md LICENSE NOTICE vivier.py dvc.yaml params.yaml ./
COPY service service
COPY indexing indexing
COPY flows flows
COPY data data
COPY deploy/compose/first_up.py deploy/compose/
RUN printf '#!/bin/sh\nexec python3 /app/vivier.py "$@"\n' > /usr/local/bin/vivier && chmod 755 /usr/local/bin/vivier
ARG GIT_REVISION=
ENV VIVIER_GIT_REVISION=${GIT_REVISION} \
    VIVIER_HOME=/var/lib/vivier \
    VIVIER_DATA=/data \
    VIVIER_PROCESSED=/data/processed \
    PYTHONPATH=/app


FROM source AS worker
# git: data revisions, and people found in a company's own clones.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/*
COPY --from=worker-packages /opt/venv /opt/venv
USER 10001:10001
CMD ["python3", "vivier.py", "flows", "worker"]


FROM base AS mlflow
COPY --from=mlflow-packages /opt/venv /opt/venv
COPY deploy/images/mlflow.sh deploy/images/answers.py /app/
USER 10001:10001
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=6 CMD ["python3", "/app/answers.py", "http://127.0.0.1:5000/health"]
CMD ["/bin/sh", "/app/mlflow.sh"]


FROM base AS prefect
COPY --from=prefect-packages /opt/venv /opt/venv
COPY deploy/images/answers.py /app/
# The page is written out with its address at every start: not into a read-only file system.
ENV PREFECT_HOME=/var/lib/vivier/prefect \
    PREFECT_SERVER_UI_STATIC_DIRECTORY=/tmp/prefect-ui \
    PREFECT_SERVER_UI_API_URL=/api \
    PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE=prefect.server.concurrency.lease_storage.filesystem
USER 10001:10001
EXPOSE 4200
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=6 CMD ["python3", "/app/answers.py", "http://127.0.0.1:4200/api/health"]
CMD ["prefect", "server", "start", "--host", "0.0.0.0", "--port", "4200"]


# Last, so that a plain `docker build .` makes it. ONNX Runtime, no torch.
FROM source AS api
COPY --from=api-packages /opt/venv /opt/venv
COPY --from=api-packages /app /app
COPY deploy/images/answers.py /app/
USER 10001:10001
EXPOSE 8000
# Whether the process answers. That it has a release to serve is a matter of /health, which compose and Kubernetes ask.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["python3", "/app/answers.py", "http://127.0.0.1:8000/health/live"]
CMD ["python3", "vivier.py", "serve", "--host", "0.0.0.0"]
