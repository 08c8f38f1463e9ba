# syntax=docker/dockerfile:1
# The worker's image (the last stage), and `emulators` with our local stand-ins. Not yet built with an engine.

FROM node:22-slim AS base
# Temporal's client and DuckDB look for the system's certificates when they speak TLS.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./

FROM base AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs

# Servers that speak the APIs of Amazon Redshift and AWS Data Pipeline, for trying things out: no AWS is behind them.
FROM build AS emulators
USER node
ENTRYPOINT ["node", "dist/emulators/main.js"]

FROM base AS packages
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

# DuckDB's extension for S3, in the version of our DuckDB.
FROM python:3.12-slim AS httpfs
RUN pip install --no-cache-dir --no-deps --target /httpfs duckdb-extension-httpfs==1.5.5 \
 && cp /httpfs/duckdb_extension_httpfs/extensions/v1.5.5/httpfs.duckdb_extension /httpfs.duckdb_extension

FROM base AS worker
ENV NODE_ENV=production
COPY --from=packages /app/node_modules node_modules
COPY --from=httpfs /httpfs.duckdb_extension httpfs.duckdb_extension
COPY --from=build /app/dist dist
COPY bin bin
# What set-up would have found, and a folder for the configuration, with one for state that the worker may write.
RUN mkdir -p .millrace /srv/millrace/.millrace \
 && echo '{"temporal": null, "ministack": null, "httpfs": "/app/httpfs.duckdb_extension"}' > .millrace/tools.json \
 && chown node:node /srv/millrace/.millrace
USER node
WORKDIR /srv/millrace
ENTRYPOINT ["node", "/app/bin/millrace.js"]
CMD ["worker"]
