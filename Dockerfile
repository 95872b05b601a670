# The images of the three programs: docker compose build, or one by one, for example
#   docker build --target api-service -t api-service .
# Needs BuildKit, which Docker has used by itself since version 23.

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
# What mvn verify checks is not checked again here.
RUN --mount=type=cache,target=/root/.m2 \
    mvn --batch-mode --no-transfer-progress -Dquick -Dmaven.test.skip=true package \
      -pl api-service,retry-worker,upstream-simulator -am
# In layers, by how often they change: only the last ones are new when nothing but our own code is.
RUN for program in api-service retry-worker; do \
      java -Djarmode=tools -jar "$program"/target/*-exec.jar extract --layers --application-filename app.jar \
        --destination "/layers/$program" || exit; \
    done

FROM eclipse-temurin:25-jre AS base
RUN groupadd --gid 10001 wrapper && useradd --uid 10001 --gid wrapper --no-create-home --shell /usr/sbin/nologin wrapper \
 && mkdir -p /app /data /passwords/services /passwords/rabbitmq /passwords/redis \
 && chown -R wrapper:wrapper /app /data /passwords
WORKDIR /app
COPY docker/jvm.options docker/heap.options docker/train ./
USER wrapper
# Only the exec form gets SIGTERM, by which the programs stop in good order.
ENTRYPOINT ["java", "@jvm.options", "@heap.options", "-XX:AOTCache=app.aot", "-jar", "app.jar"]

# What clients and operators reach is decided by the container's network; health is asked from inside.
FROM base AS service
ENV SERVER_ADDRESS=0.0.0.0 MANAGEMENT_SERVER_PORT=8081 CRYPTO_START_FAILURE_PAUSE=2m
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
  CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8081/actuator/health"]

FROM service AS api-service
COPY docker/api-service.heap.options heap.options
COPY --from=build /layers/api-service/dependencies/ ./
COPY --from=build /layers/api-service/snapshot-dependencies/ ./
COPY --from=build /layers/api-service/application/ ./
RUN ./train http://127.0.0.1:8081/actuator/health/readiness 'http://127.0.0.1:8080/crypto/sign?message=training' \
  'http://127.0.0.1:8080/crypto/verify?message=training&signature=training'
EXPOSE 8080

FROM service AS retry-worker
COPY --from=build /layers/retry-worker/dependencies/ ./
COPY --from=build /layers/retry-worker/snapshot-dependencies/ ./
COPY --from=build /layers/retry-worker/application/ ./
RUN ./train http://127.0.0.1:8081/actuator/health/readiness

# A stand-in for trying things out: its start need not be fast.
FROM base AS upstream-simulator
COPY --from=build /src/upstream-simulator/target/*-exec.jar app.jar
ENV SIMULATOR_BIND_ADDRESS=0.0.0.0 SIMULATOR_PORT=8080 DATA_DIR=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["java", "@jvm.options", "@heap.options", "-jar", "app.jar"]
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 \
  CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/crypto/public-key"]
