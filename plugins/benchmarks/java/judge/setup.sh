#!/bin/sh
# Makes the environment ready, once: compiles the judge and archives the classes
# that it and its test JVMs load. Runs in /opt/harness, which is read-only ever
# after. Makes files here and changes nothing else.
set -eu
: "${HARNESS_BOX:?runs only inside a sandbox}"
cd /opt/harness
libraries=/usr/share/java/junit4.jar:/usr/share/java/hamcrest-core.jar
java_home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")

mkdir classes
javac -nowarn -d classes -cp "$libraries" judge/*.java
jar --create --file judge.jar -C classes .

# A launcher that may be run but not read: the kernel then keeps the judge's
# memory, environment and open pipes out of reach of other processes in the box,
# which run under the same user id.
mkdir -p jre/bin
cp "$java_home/bin/java" jre/bin/java
chmod 0111 jre/bin/java
ln -s "$java_home/lib" jre/lib
ln -s "$java_home/conf" jre/conf

# The options that an archive depends on are those that it is used with.
java -XX:ArchiveClassesAtExit=judge.jsa -XX:+UseSerialGC \
    -cp "/opt/harness/judge.jar:$libraries" harness.judge.Train train.bin
java -XX:ArchiveClassesAtExit=runner.jsa -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -cp "/opt/harness/judge.jar:$libraries" harness.judge.Runner <train.bin >/dev/null
test -s judge.jsa
test -s runner.jsa
