package bwmon;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.foreign.Linker;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import bwmon.cli.Program;
import bwmon.cli.Signals;
import bwmon.traffic.Ticker;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * The arrows of the house. A rule that finds no class to look at fails (ArchUnit's default), and so does a room that no
 * rule knows.
 */
class ArchitectureTest {
    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("bwmon");

    /** Every room within a module; whoever builds another one says here what it may know, in the rules below. */
    private static final Map<String, Set<String>> ROOMS = Map.of("aggregator",
            Set.of("alert", "config", "console", "delivery", "grouping", "rate", "usage"), "monitor",
            Set.of("attribution", "conntrack", "console", "ebpf", "netlink", "procfs", "programs", "rtnetlink",
                    "sockdiag"),
            "proxy",
            Set.of("meter", "relay", "socket"));

    private static final Set<String> MODULES = Set.of("traffic", "ffi", "cli", "proxy", "monitor", "aggregator");

    @Test
    void everyRoomIsOneThatTheRulesKnow() {
        ROOMS.forEach((module, rooms) -> {
            Set<String> found = HOUSE.stream().map(JavaClass::getPackageName)
                    .filter(name -> name.startsWith("bwmon." + module + ".")).map(name -> name.split("\\.", 4)[2])
                    .collect(Collectors.toSet());
            assertEquals(rooms, found, module);
        });
    }

    private static void arrows(String module, String... allowed) {
        var forbidden = new TreeSet<>(MODULES);
        forbidden.remove(module);
        forbidden.removeAll(List.of(allowed));
        noClasses().that().resideInAPackage("bwmon." + module + "..").should().dependOnClassesThat()
                .resideInAnyPackage(forbidden.stream().map(other -> "bwmon." + other + "..").toArray(String[]::new))
                .check(HOUSE);
    }

    @Test
    void everyClassIsInAModuleThatTheRulesKnow() {
        Set<String> found = HOUSE.stream().map(c -> c.getPackageName().split("\\.", 3)[1]).collect(Collectors.toSet());
        found.add("ffi"); // its package-info alone is no class
        assertEquals(MODULES, found);
    }

    @Test
    void trafficKnowsNobody() {
        arrows("traffic");
    }

    @Test
    void cliKnowsTrafficAndFfi() {
        arrows("cli", "traffic", "ffi");
    }

    @Test
    void ffiKnowsNobody() {
        arrows("ffi");
    }

    @Test
    void proxyDoesNotKnowMonitor() {
        arrows("proxy", "traffic", "ffi", "cli");
    }

    @Test
    void monitorDoesNotKnowProxy() {
        arrows("monitor", "traffic", "ffi", "cli");
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("bwmon.(**)").should().beFreeOfCycles().check(HOUSE);
    }

    @Test
    void packagesAreNullMarked() {
        var unmarked = HOUSE.stream().map(JavaClass::getPackage).filter(p -> !p.isAnnotatedWith(NullMarked.class))
                .map(p -> p.getName()).collect(Collectors.toSet());
        assertEquals(Set.of(), unmarked);
    }

    @Test
    void trafficIsWordsOnly() {
        classes().that().resideInAPackage("bwmon.traffic..").should().onlyDependOnClassesThat(
                resideInAnyPackage("bwmon.traffic..", "org.jspecify..", "java.lang", "java.lang.annotation",
                        "java.lang.invoke", "java.lang.runtime", "java.math", "java.time..", "java.util..")
                        // Names of what others read and write, and what an address is held in: no I/O by themselves.
                        .or(belongToAnyOf(IOException.class, UncheckedIOException.class, Serializable.class,
                                InetAddress.class, Inet4Address.class, Inet6Address.class, UnknownHostException.class,
                                ByteBuffer.class)))
                .check(HOUSE);
        noClasses().that().resideInAPackage("bwmon.traffic..").should()
                .accessTargetWhere(target(owner(belongToAnyOf(Process.class, ProcessBuilder.class, Runtime.class))))
                .orShould().accessTargetWhere(access(System.class, "in|out|err|getenv|getProperty|load.*"))
                // These ask a name server.
                .orShould().accessTargetWhere(access(InetAddress.class, "get(All)?ByName|getLocalHost|get.*HostName"))
                .check(HOUSE);
    }

    private static DescribedPredicate<JavaAccess<?>> access(Class<?> of, String names) {
        return target(owner(belongToAnyOf(of))).and(target(nameMatching(names)));
    }

    @Test
    void onlyFfiLinksNativeCode() {
        noClasses().that().resideOutsideOfPackage("bwmon.ffi..").should().dependOnClassesThat()
                .belongToAnyOf(Linker.class).check(HOUSE);
    }

    @Test
    void onlyProgramEndsTheJvm() {
        noClasses().that().doNotBelongToAnyOf(Program.class).should().accessTargetWhere(access(System.class, "exit"))
                .orShould().accessTargetWhere(access(Runtime.class, "exit")).check(HOUSE);
        noClasses().that().doNotBelongToAnyOf(Signals.class).should().accessTargetWhere(access(Runtime.class, "halt"))
                .check(HOUSE);
    }

    @Test
    void nobodySleeps() {
        noClasses().should().accessTargetWhere(access(Thread.class, "sleep")).check(HOUSE);
    }

    @Test
    void nobodyUsesJavaUtilLogging() {
        noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging..").check(HOUSE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"grouping", "rate", "alert"})
    void whatIsWorkedOutSeesNoDatabaseNoNetworkAndNoClock(String name) {
        String room = "bwmon.aggregator." + name;
        noClasses().that().resideInAPackage(room + "..").should().dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "io.netty..")
                .orShould().accessTargetWhere(access(System.class, "nanoTime|currentTimeMillis"))
                .orShould()
                .accessTargetWhere(
                        target(owner(resideInAPackage("java.time"))).and(target(nameMatching("now|system.*"))))
                .orShould().accessTargetWhere(access(Ticker.class, "SYSTEM"))
                .check(HOUSE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"meter", "socket"})
    void whatRelaysIsMadeOfKnowsNeitherThemNorEachOther(String name) {
        String room = "bwmon.proxy." + name;
        noClasses().that().resideInAPackage(room + "..").should().dependOnClassesThat(
                resideInAPackage("bwmon.proxy..").and(not(resideInAPackage(room + "..")))).check(HOUSE);
    }

    @Test
    void relaysDoNotKnowTheirProgram() {
        noClasses().that().resideInAPackage("bwmon.proxy.relay..").should().dependOnClassesThat()
                .resideInAPackage("bwmon.proxy").check(HOUSE);
    }

    @Test
    void usageKnowsNoOtherRoomOfTheAggregator() {
        noClasses().that().resideInAPackage("bwmon.aggregator.usage..").should().dependOnClassesThat(
                resideInAPackage("bwmon.aggregator..").and(not(resideInAPackage("bwmon.aggregator.usage.."))))
                .check(HOUSE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"alert", "console"})
    void whoReadsTheSnapshotKnowsNeitherItsSourcesNorOtherReaders(String name) {
        String room = "bwmon.aggregator." + name;
        var others = new TreeSet<>(Set.of("alert", "console"));
        others.remove(name);
        noClasses().that().resideInAPackage(room + "..").should().dependOnClassesThat()
                .resideInAnyPackage(
                        others.stream().map(other -> "bwmon.aggregator." + other + "..").toArray(String[]::new))
                .orShould().dependOnClassesThat().resideInAnyPackage("bwmon.proxy..", "bwmon.monitor..")
                .orShould().dependOnClassesThat().resideInAPackage("bwmon.aggregator")
                .check(HOUSE);
    }

    @Test
    void whatRunmonitorShowsKnowsNoSource() {
        noClasses().that().resideInAPackage("bwmon.monitor.console..").should().dependOnClassesThat(
                resideInAPackage("bwmon.monitor..").and(not(resideInAPackage("bwmon.monitor.console..")))).check(HOUSE);
    }

    @Test
    void attributionIsPure() {
        noClasses().that().resideInAPackage("bwmon.monitor.attribution..").should().dependOnClassesThat(
                resideInAPackage("bwmon.monitor..").and(not(resideInAPackage("bwmon.monitor.attribution.."))))
                .orShould().dependOnClassesThat()
                .resideInAnyPackage("bwmon.ffi..", "java.nio.file..", "java.nio.channels..")
                .check(HOUSE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"netlink", "ebpf"})
    void theKernelsLanguagesAreSpokenBelowTheSources(String name) {
        String room = "bwmon.monitor." + name;
        noClasses().that().resideInAPackage(room + "..").should().dependOnClassesThat(
                resideInAPackage("bwmon.monitor..").and(not(resideInAPackage(room + "..")))).check(HOUSE);
    }

    @Test
    void runmonitorsViewsSeeReportsOnly() {
        noClasses().that().resideInAPackage("bwmon.monitor.console..").should().dependOnClassesThat(
                resideInAPackage("bwmon.monitor..").and(not(resideInAPackage("bwmon.monitor.console..")))).check(HOUSE);
    }
}
