package io.cryptowrapper.api;

import io.cryptowrapper.simulator.SimulatorSettings;
import io.cryptowrapper.simulator.UpstreamSimulator;
import io.cryptowrapper.testing.Containers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;

/** The API's program for developers: with RabbitMQ and Redis in containers and a simulated upstream, but no worker. */
class TestApiServiceApplication {

    static void main(String[] args) {
        SimulatorSettings settings = SimulatorSettings.in(Path.of("target", "upstream"));
        UpstreamSimulator upstream = UpstreamSimulator.start(settings);
        // Arguments and not a DynamicPropertyRegistrar: that comes after Tomcat, which is made from the settings.
        Stream<String> arguments =
                Stream.of("--crypto.api.base-url=" + upstream.baseUrl(), "--crypto.api.key=" + settings.key());
        SpringApplication.from(ApiServiceApplication::main)
                .with(Containers.class)
                .run(Stream.concat(arguments, Arrays.stream(args)).toArray(String[]::new));
    }
}
