#!/bin/sh
# Prepares the environment: compiles the judge, makes a Java runtime for candidates,
# and archives the classes that both kinds of JVM load. Runs once in /opt/harness,
# which is read-only afterwards, and changes nothing outside of it.
set -eu
: "${HARNESS_BOX:?runs only inside a sandbox}"

# All verdicts are by one version of Java.
version=$(javac -version 2>&1) || true
case "$version" in
"javac 17" | "javac 17."*) ;;
*)
    echo "JDK 17 is needed; the first javac on the PATH is: $version; apt-get install openjdk-17-jdk-headless" >&2
    exit 1
    ;;
esac

cd /opt/harness
junit=/usr/share/java/junit4.jar:/usr/share/java/hamcrest-core.jar
asm=/usr/share/java/asm.jar
java_home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
PATH=$java_home/bin:$PATH # java of the same JDK

mkdir classes work
javac -nowarn -implicit:none --patch-module java.base=judge/platform -d classes -cp "$junit:$asm" judge/*.java

# Some classes of JUnit and Hamcrest, changed, come before the originals on the class
# path. The list names all classes that a test JVM loads before those of a candidate,
# but for those that it cannot load, since they need other libraries.
(
    cd classes
    jar --extract --file /usr/share/java/junit4.jar org/junit/Assert.class junit/framework/Assert.class
    jar --extract --file /usr/share/java/hamcrest-core.jar org/hamcrest/core/IsEqual.class
)
java -cp "classes:$asm" harness.judge.Patch tests classes
for archive in /usr/share/java/junit4.jar /usr/share/java/hamcrest-core.jar; do
    jar --list --file "$archive"
done | sed -n 's|/|.|g; /module-info\|org.hamcrest.beans/d; s|\.class$||p' >classes.txt
(cd classes && grep -rL org/objectweb/asm harness) | sed 's|/|.|g; s|\.class$||' >>classes.txt
jar --create --file judge.jar -C classes .

# The loops in the platform's own classes are counted.
jmod extract --dir work/base "$java_home/jmods/java.base.jmod"
javac -nowarn --patch-module java.base=judge/platform -d work/base/classes judge/platform/java/util/*.java
java -cp "classes:$asm" harness.judge.Patch platform work/base/classes
mkdir work/mods
jmod create --class-path work/base/classes --cmds work/base/bin --config work/base/conf --libs work/base/lib \
    work/mods/java.base.jmod

# Launchers that can be executed but not read. The kernel then denies other processes
# in the box, which have the same user id, access to the memory, environment and open
# pipes of the judge and of test JVMs.
mkdir -p jre/bin
cp "$java_home/bin/java" jre/bin/java
chmod 0111 jre/bin/java
ln -s "$java_home/lib" jre/lib
ln -s "$java_home/conf" jre/conf

# An archive is only valid with the options with which it was made.
java -XX:ArchiveClassesAtExit=judge.jsa -XX:+UseSerialGC \
    -cp "/opt/harness/judge.jar:$junit:$asm" harness.judge.Example example.bin
test -s judge.jsa

# image NAME MODULES makes a runtime of candidates, and an archive of the classes that
# it loads. It lacks modules that dump the heap, attach to other JVMs or change loaded
# classes, so that a candidate cannot reach the secrets in its memory.
image() {
    jlink --module-path "work/mods:$java_home/jmods" --add-modules "$2" --no-header-files --no-man-pages --output "$1"
    "$1/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:DumpLoadedClassList=work/classes \
        -cp "/opt/harness/judge.jar:$junit" harness.judge.Runner <example.bin >/dev/null
    # G1 also archives what the platform makes when it starts; the JVMs of candidates read that.
    "$1/bin/java" -XX:+UseG1GC -Xshare:dump -XX:SharedClassListFile=work/classes -XX:SharedArchiveFile="$1.jsa" \
        -cp "/opt/harness/judge.jar:$junit" >/dev/null
    test -s "$1.jsa"
    chmod 0111 "$1/bin/java"
}
case "${1-}" in
programs)
    # Modules that read or write memory by address are missing, too.
    image rt java.base,java.compiler,java.datatransfer,java.logging,java.naming,java.prefs,java.scripting,java.sql,java.xml,jdk.charsets,jdk.dynalink,jdk.localedata
    ;;
projects)
    # What tests of whole projects need, all but Unsafe, and with it: see Jvms.java.
    modules=java.compiler,java.desktop,java.management.rmi,java.net.http,java.scripting,java.security.jgss,java.sql.rowset,java.xml.crypto,jdk.charsets,jdk.compiler,jdk.crypto.ec,jdk.dynalink,jdk.httpserver,jdk.localedata,jdk.naming.dns,jdk.net,jdk.security.auth,jdk.xml.dom,jdk.zipfs
    image rt "$modules"
    image rt-unsafe "$modules,jdk.unsupported"
    ;;
*)
    echo "setup.sh: expected programs or projects" >&2
    exit 2
    ;;
esac
rm -r classes work example.bin
