#!/bin/sh
# Makes the environment ready, once: compiles the judge, makes a Java runtime for
# candidates, and archives the classes that both kinds of JVM load. Runs in
# /opt/harness, which is read-only ever after. Makes files here and changes
# nothing else.
set -eu
: "${HARNESS_BOX:?runs only inside a sandbox}"

# Verdicts are those of one version of Java, whatever else the machine has.
version=$(javac -version 2>&1) || true
case "$version" in
"javac 17" | "javac 17."*) ;;
*)
    echo "JDK 17 is needed, and the first javac on the PATH says: $version; apt-get install openjdk-17-jdk-headless" >&2
    exit 1
    ;;
esac

cd /opt/harness
junit=/usr/share/java/junit4.jar:/usr/share/java/hamcrest-core.jar
asm=/usr/share/java/asm.jar
java_home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
PATH=$java_home/bin:$PATH # one JDK, not the java of another

mkdir classes
javac -nowarn --release 11 -d classes -cp "$junit:$asm" judge/*.java
jar --create --file judge.jar -C classes .

# The runtime of candidates lacks what reads or writes memory by address, dumps
# the heap, attaches to other JVMs or changes loaded classes: what is in memory
# beside the candidate stays out of its reach. It is for programs of a few files;
# whole projects get more (Jvms.java).
jlink --add-modules java.base,java.compiler,java.datatransfer,java.logging,java.naming,java.prefs,java.scripting,java.sql,java.xml,jdk.charsets,jdk.dynalink,jdk.localedata \
    --no-header-files --no-man-pages --output rt

# Launchers that may be run but not read: the kernel then keeps the memory,
# environment and open pipes of the judge and of test JVMs out of reach of
# other processes in the box, which run under the same user id.
chmod 0111 rt/bin/java
mkdir -p jre/bin
cp "$java_home/bin/java" jre/bin/java
chmod 0111 jre/bin/java
ln -s "$java_home/lib" jre/lib
ln -s "$java_home/conf" jre/conf

# The options that an archive depends on are those that it is used with.
java -XX:ArchiveClassesAtExit=judge.jsa -XX:+UseSerialGC \
    -cp "/opt/harness/judge.jar:$junit:$asm" harness.judge.Example example.bin
run="rt/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
$run -XX:DumpLoadedClassList=runner.classes -cp "/opt/harness/judge.jar:$junit" harness.judge.Runner <example.bin >/dev/null
rt/bin/java -Xshare:dump -XX:SharedClassListFile=runner.classes -XX:SharedArchiveFile=runner.jsa \
    -cp "/opt/harness/judge.jar:$junit" >/dev/null
test -s judge.jsa
test -s runner.jsa
rm -r classes runner.classes example.bin
