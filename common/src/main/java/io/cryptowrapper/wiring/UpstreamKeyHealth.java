package io.cryptowrapper.wiring;

import io.cryptowrapper.upstream.UpstreamQuota;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/** Says loudly that the upstream refuses our key, as only the operator can help: in health and as a gauge. */
@Component("upstreamKey")
class UpstreamKeyHealth implements HealthIndicator {

    private final UpstreamQuota quota;

    UpstreamKeyHealth(UpstreamQuota quota, MeterRegistry meters) {
        this.quota = quota;
        Gauge.builder("upstream.key.refused", quota, key -> key.keyIsRefused() ? 1 : 0)
                .description("1 while the upstream refuses our key")
                .register(meters);
    }

    @Override
    public Health health() {
        return quota.keyIsRefused() ? Health.down().build() : Health.up().build();
    }
}
