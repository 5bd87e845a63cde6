# What the launchers share; each reads this file after it set $self to its own path, links resolved, and sets $memory to
# the bounds of its program, and $training to the arguments of a short run of it that changes nothing, before it calls launch.
# POSIX sh. Works from a checkout, which it builds first if need be, and from an unpacked distribution.
# shellcheck shell=sh
# shellcheck disable=SC2154 # self, memory, training: see above

root=${self%/*/*}
program=${self##*/}

# shellcheck source=bin/aot.sh
. "${self%/*}/aot.sh"

# The feature release of Java that pom.xml compiles for (java.release).
java_needed=25

complain() {
    printf '%s: %s\n' "$program" "$1" >&2
}

# Sets $version to the JAVA_VERSION of a Java home, from its release file: no JVM starts just to be asked.
read_version() {
    version=
    [ -r "$1/release" ] || return 0
    while IFS='=' read -r key value; do
        if [ "$key" = JAVA_VERSION ]; then
            value=${value#\"}
            version=${value%%\"*}
        fi
    done <"$1/release"
}

# Sets $java to the first Java that serves: what was put somewhere on purpose comes before what happens to be there.
find_java() {
    seen=
    on_path=$(command -v java) && on_path=$(readlink -f -- "$on_path") || on_path=
    for home in "$root/jre" "${JAVA25_HOME-}" "${JAVA_HOME-}" "${on_path%/bin/java}" /usr/lib/jvm/*; do
        if [ -z "$home" ] || [ ! -x "$home/bin/java" ]; then
            continue
        fi
        read_version "$home"
        feature=${version%%[!0-9]*}
        if [ "${feature:-0}" -ge "$java_needed" ]; then
            java=$home/bin/java
            return
        fi
        home=$(readlink -f -- "$home")
        case $seen in
            *"  $home
"*) ;;
            *) seen="$seen  ${version:-unknown version}  $home
" ;;
        esac
    done
    complain "needs Java $java_needed or later, and found ${seen:+only
}${seen:-none
}Get one by 'apt install openjdk-$java_needed-jre-headless' where the distribution has it, or from https://adoptium.net
(Eclipse Temurin). Where it is in a folder of its own, set JAVA25_HOME to that folder."
    exit 69
}

# Whether the distribution in a checkout is missing, or older than anything it runs. Folders count too: their time tells
# of a file that was removed or renamed.
is_stale() {
    [ ! -e "$root/aggregator/target/bwmon.stamp" ] || [ -n "$(
        cd "$root" && find ./pom.xml ./*/pom.xml ./*/src/main ./aggregator/src/assembly ./bin ./conf \
            -newer ./aggregator/target/bwmon.stamp 2>/dev/null | head -n 1
    )" ]
}

# Keeps a second launcher from building over this one; whoever waited finds the work done.
lock() {
    mkdir -p "$root/target" && touch "$root/target/launch.lock" || exit 1
    if command -v flock >/dev/null; then
        exec 9>"$root/target/launch.lock"
        flock 9
        return
    fi
    until mkdir "$root/target/launch.lock.d" 2>/dev/null; do
        # Whoever was killed could not clean up.
        if holder=$(cat "$root/target/launch.lock.d/pid" 2>/dev/null) && [ ! -d "/proc/$holder" ]; then
            rm -rf "$root/target/launch.lock.d"
        fi
        sleep 1
    done
    trap 'rm -rf "$root/target/launch.lock.d"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    echo "$$" >"$root/target/launch.lock.d/pid"
}

# Builds the distribution of a checkout. Runs in a shell of its own, which gives the lock back when it ends.
build() {
    lock
    is_stale || return 0
    if ! command -v mvn >/dev/null; then
        complain "this checkout has to be built first, which needs Maven (Debian, Ubuntu: apt install maven)"
        return 69
    fi
    complain "building $root first ..."
    log=$root/target/launch.log
    if ! (cd "$root" && mvn -q -B -Plaunch package) >"$log" 2>&1 9>&-; then
        tail -n 30 "$log" >&2
        complain "the build failed; all it said is in $log"
        return 1
    fi
}

# Root builds a checkout as its owner, who could not write to what root made.
build_as_owner() {
    owner=$(stat -c %U "$root/pom.xml")
    if [ "$(id -u)" -eq 0 ] && [ "$owner" != root ] && id "$owner" >/dev/null 2>&1; then
        # shellcheck disable=SC2016 # for the shell that su starts
        su -s /bin/sh "$owner" -c 'self=$1; . "${self%/*}/launch.sh"; build' sh "$self"
    else
        (build)
    fi
}

# Becomes the program: signals and the process number are the program's own.
launch() {
    main=$1
    shift
    find_java
    home=$root
    if [ ! -d "$root/lib" ] && [ -e "$root/pom.xml" ]; then
        home=$root/aggregator/target/bwmon
        if is_stale; then
            build_as_owner || exit
        fi
    fi
    # Serial: small heaps, and no threads that take time from the others. Two collectors at once would be an error.
    case "${JAVA_OPTS-} ${BWMON_JAVA_OPTS-}" in
        *-XX:+Use*GC*) collector= ;;
        *) collector=-XX:+UseSerialGC ;;
    esac
    # In the C locale (a service without LANG) Java would hand every character beyond ASCII to commands as "?".
    case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
        '' | C | POSIX)
            unset LC_ALL
            export LC_CTYPE=C.UTF-8
            ;;
    esac
    # An exhausted heap ends the program (exit code 3): one that lost a thread would go on with wrong numbers.
    always='-XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED -Djava.net.preferIPv6Addresses=system'
    find_cache
    # Netty's native library lies beside the jars: else it would be unpacked into /tmp at each start, and not run where that is
    # mounted noexec.
    # What users add comes last and so wins; it is split at blanks, nothing else. Where it makes the JVM refuse the cache,
    # that is no news for the program's own output.
    set -f
    # shellcheck disable=SC2086
    exec "$java" $collector $memory $always -Djava.library.path="$home/lib" ${cache:+"-XX:AOTCache=$cache"} ${cache:+-Xlog:aot*=off,cds*=off} \
        ${JAVA_OPTS-} ${BWMON_JAVA_OPTS-} -cp "$home/lib/*" "$main" "$@"
}
