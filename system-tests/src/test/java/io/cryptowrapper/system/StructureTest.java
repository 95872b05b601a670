package io.cryptowrapper.system;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.cache.annotation.Cacheable;

/** The structure that ARCHITECTURE.md describes. */
class StructureTest {

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.cryptowrapper");

    @Test
    void the_domain_knows_only_java() {
        classes()
                .that()
                .resideInAPackage("..signing..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage("..signing..", "java..", "org.jspecify.annotations.."))
                .check(CODE);
    }

    @Test
    void the_adapters_do_not_know_one_another() {
        adapterKnowsOnlyTheDomain("..upstream..", "..results..", "..retryqueue..", "..callbacks..", "..broker..");
        adapterKnowsOnlyTheDomain("..results..", "..upstream..", "..retryqueue..", "..callbacks..", "..broker..");
        adapterKnowsOnlyTheDomain("..retryqueue..", "..upstream..", "..results..", "..callbacks..");
        adapterKnowsOnlyTheDomain("..callbacks..", "..upstream..", "..results..", "..retryqueue..");
        adapterKnowsOnlyTheDomain(
                "..broker..", "..upstream..", "..results..", "..retryqueue..", "..callbacks..", "..signing..");
    }

    @Test
    void each_technology_has_one_adapter() {
        noClasses()
                .that(resideOutsideOfPackages("..http..", "..upstream..", "..delivery..", "..simulator.."))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.hc..")
                .check(CODE);
        noClasses()
                .that(resideOutsideOfPackages("..redis..", "..results..", "..upstream..", "..wiring..", "..testing.."))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework.data.redis..", "io.lettuce..")
                .check(CODE);
        noClasses()
                .that(resideOutsideOfPackages("..broker..", "..retryqueue..", "..callbacks..", "..wiring.."))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.rabbitmq..", "org.springframework.amqp.rabbit..")
                .check(CODE);
    }

    @Test
    void the_services_do_not_know_each_other_and_nobody_knows_them() {
        noClasses()
                .that(resideOutsideOfPackages("io.cryptowrapper.api.."))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.cryptowrapper.api..")
                .check(CODE);
        noClasses()
                .that(resideOutsideOfPackages("io.cryptowrapper.worker.."))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.cryptowrapper.worker..")
                .check(CODE);
        noClasses()
                .that(resideOutsideOfPackages("io.cryptowrapper.worker..", "io.cryptowrapper.delivery.."))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.cryptowrapper.delivery..")
                .check(CODE);
    }

    @Test
    void packages_have_no_cycles() {
        slices().matching("io.cryptowrapper.(*)..").should().beFreeOfCycles().check(CODE);
    }

    @Test
    void what_is_made_is_given_to_constructors() {
        fields().should()
                .notBeAnnotatedWith(Autowired.class)
                .andShould()
                .notBeAnnotatedWith(Value.class)
                .check(CODE);
    }

    @Test
    void no_annotation_stands_between_the_budget_and_a_call() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveSimpleNameContaining("Retryable")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Cacheable.class)
                .check(CODE);
    }

    @Test
    void the_services_keep_to_themselves() {
        classes()
                .that()
                .resideInAnyPackage("io.cryptowrapper.api..", "io.cryptowrapper.worker..")
                .and()
                .areTopLevelClasses()
                .and()
                // Tomcat makes it by its name.
                .haveSimpleNameNotEndingWith("Valve")
                .should()
                .notBePublic()
                .check(CODE);
    }

    private static void adapterKnowsOnlyTheDomain(String adapter, String... others) {
        noClasses()
                .that()
                .resideInAPackage(adapter)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others)
                .check(CODE);
        noClasses()
                .that()
                .resideInAPackage(adapter)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "..wiring..",
                        "..ending..",
                        "io.cryptowrapper.api..",
                        "io.cryptowrapper.worker..",
                        "..delivery..")
                .check(CODE);
    }
}
