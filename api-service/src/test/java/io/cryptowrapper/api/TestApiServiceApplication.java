package io.cryptowrapper.api;

import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Containers;
import java.nio.file.Path;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.test.context.DynamicPropertyRegistrar;

/** The API's program for developers: with RabbitMQ and Redis in containers and a simulated upstream, but no worker. */
class TestApiServiceApplication {

    static void main(String[] args) {
        SpringApplication.from(ApiServiceApplication::main)
                .with(Containers.class, Upstream.class)
                .run(args);
    }

    @TestConfiguration(proxyBeanMethods = false)
    static class Upstream {

        @Bean
        SimulatorSettings simulatorSettings() {
            return SimulatorSettings.in(Path.of("target", "upstream"));
        }

        @Bean
        UpstreamSimulator upstreamSimulator(SimulatorSettings settings) {
            return UpstreamSimulator.start(settings);
        }

        @Bean
        DynamicPropertyRegistrar addressOf(UpstreamSimulator upstream, SimulatorSettings settings) {
            return properties -> {
                properties.add("crypto.api.base-url", upstream::baseUrl);
                properties.add("crypto.api.key", settings::key);
            };
        }
    }
}
