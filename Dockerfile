# syntax=docker/dockerfile:1
# Three images from one recipe: --target api (also the migration), worker, simulator.
# The Node of the images is the official one; the node-* packages of package.json are for development only.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
ENV CI=true
RUN npm install --global pnpm@12.21.0
WORKDIR /src
# The lockfile alone decides what is downloaded: this layer stays until it changes.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
RUN --mount=type=cache,id=pnpm,target=/root/.local/share/pnpm/store pnpm fetch
COPY . .
RUN --mount=type=cache,id=pnpm,target=/root/.local/share/pnpm/store \
    pnpm install --frozen-lockfile --prefer-offline \
 && node scripts/build.mjs \
 && pnpm --filter @countersign/api deploy --prod /out/api \
 && pnpm --filter @countersign/worker deploy --prod /out/worker \
 && pnpm --filter @countersign/simulator deploy --prod /out/simulator

# Only what runs: one bundle, its npm packages, no sources, no package manager, an ordinary user.
FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --chown=root:root deploy/healthcheck.mjs /app/healthcheck.mjs
# Where the archive's volume is mounted: a new volume takes its owner from here.
RUN install -d -o node -g node /archive
USER node
# The health check asks the process itself; what it needs of others is asked by /health/ready.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["node", "/app/healthcheck.mjs"]
CMD ["node", "--enable-source-maps", "dist/main.js"]

FROM runtime AS api
ENV PORT=3000 HEALTHCHECK_URL=http://127.0.0.1:3000/health/live
COPY --from=build --chown=root:root /out/api/package.json ./
COPY --from=build --chown=root:root /out/api/node_modules ./node_modules
COPY --from=build --chown=root:root /out/api/dist ./dist
EXPOSE 3000

FROM runtime AS worker
ENV WORKER_HEALTH_PORT=3001 HEALTHCHECK_URL=http://127.0.0.1:3001/health/live
COPY --from=build --chown=root:root /out/worker/package.json ./
COPY --from=build --chown=root:root /out/worker/node_modules ./node_modules
COPY --from=build --chown=root:root /out/worker/dist ./dist
EXPOSE 3001

# For demonstrations and tests only: it plays the third parties.
FROM runtime AS simulator
ENV PORT=3100 HEALTHCHECK_URL=http://127.0.0.1:3100/_sim
COPY --from=build --chown=root:root /out/simulator/package.json ./
COPY --from=build --chown=root:root /out/simulator/node_modules ./node_modules
COPY --from=build --chown=root:root /out/simulator/src ./src
EXPOSE 3100
# It uses nothing of ours, so Node runs its sources as they are.
CMD ["node", "--enable-source-maps", "src/main.ts"]
