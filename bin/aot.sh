# What the JVM prepares in one run of a program for the next ones, its AOT cache (JEP 483, 514 and 515: classes loaded and
# linked, and profiles), kept where caches are kept. launch.sh reads this file; it has set what is used here.
# A launcher that finds no cache starts the program as ever, and beside it, in the background, a short run that makes one.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root, program, home, java, main, memory, always, training: see above
# shellcheck disable=SC3067 # -O: where a shell lacks it, there is no cache

# Sets $cache to the file for this program, or to nothing where there shall be none. Its name tells which Java, jars and
# options it is of, by what the file system says of them (a build gives each jar the same time, but a new inode): one that is
# stale is not found.
name_cache() {
    cache=
    # A JVM does not even start with two kinds of archives.
    case "${BWMON_AOT-} ${JAVA_OPTS-} ${BWMON_JAVA_OPTS-} ${JDK_JAVA_OPTIONS-} ${JAVA_TOOL_OPTIONS-} ${_JAVA_OPTIONS-}" in
        off\ * | *-XX:AOT* | *SharedArchive* | *-XX:ArchiveClasses* | *ClassList* | *-Xshare*) return ;;
    esac
    # Not in root's home, because sudo may have left somebody else's.
    if [ -O / ]; then
        caches=/var/cache/bwmon
    else
        caches=${XDG_CACHE_HOME:-${HOME-}/.cache}/bwmon
    fi
    sum=$({
        stat -L -c '%n %s %i %Z' -- "$home"/lib/*.jar "${java%/bin/java}/lib/modules" && echo "$memory $training"
    } | cksum) || return
    cache=$caches/$program-${sum%% *}.aot
} 2>/dev/null

# Sets $cache to the file that the JVM is to use, or to nothing.
find_cache() {
    name_cache
    [ -n "$cache" ] || return 0
    if [ ! -e "$cache" ] || { [ ! -s "$cache" ] && [ -n "$(find "$cache" -mtime +0)" ]; }; then
        # Twice in the background, so that the program is not its parent.
        ( (make_cache "$cache") & )
    elif [ -s "$cache" ] && [ -O "$cache" ]; then
        return
    fi
    cache=
} </dev/null >/dev/null 2>&1

# Whether there is memory for two JVMs more: a gibibyte, as far as the host and the bounds of our control groups go.
has_room() {
    while read -r key kilobytes _; do
        [ "$key" != MemAvailable: ] || [ "$kilobytes" -ge 1048576 ] || return
    done </proc/meminfo
    while IFS=: read -r _ controllers group; do
        case $controllers in
            '') folder=/sys/fs/cgroup bound=memory.max ;;
            memory) folder=/sys/fs/cgroup/memory bound=memory.limit_in_bytes ;;
            *) continue ;;
        esac
        while :; do
            if read -r most <"$folder$group/$bound" && [ "$most" != max ]; then
                [ "$most" -ge 1073741824 ] || return
            fi
            [ -n "$group" ] || break
            group=${group%/*}
        done
    done </proc/self/cgroup
}

# Makes that cache by a run of the program with nothing that its user configured. An empty file says that it failed, so that
# not every start tries again; after a day one does.
make_cache() {
    has_room && mkdir -p "$caches" && cd "$caches" && [ -O . ] || return
    if command -v flock; then
        exec 9>"$program.lock"
        flock -n 9 || return
    fi
    [ ! -s "$1" ] || return
    # Of one that was killed.
    rm -f "$program.new".*
    new=$program.new.$$
    : >empty.conf
    # What was loaded by then is kept also of a run that failed, and of one that was ended when it had run for long enough.
    # shellcheck disable=SC2086
    nice -n 19 timeout 10 "$java" -XX:+UseSerialGC $memory $always -Djava.library.path="$home/lib" -XX:AOTCacheOutput="$new" \
        -cp "$home/lib/*" "$main" $training
    [ -s "$new" ] || : >"$new"
    mv -f "$new" "$1"
    rm -f "$new".*
    # What is left of other versions of Java and of ourselves: the two newest stay.
    # shellcheck disable=SC2012 # names that we gave
    ls -t "$program"-*.aot | tail -n +3 | while read -r old; do rm -f "$old"; done
}
