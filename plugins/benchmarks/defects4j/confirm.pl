# The service of the box in which Defects4J's own command judges. It answers one
# request and asks for the box to be destroyed, so that a candidate leaves nothing
# behind for the next.
#
# Request (JSON): files (content in base64 by path below the project), clean
# (folders of classes below the project), compileSeconds, testSeconds. Answer:
# compile and test, each with exit, timeout, started (whether ant was started),
# stdout and stderr; ran, the number of tests that all_tests names.
#
# A candidate could forge this answer. The host therefore asks only about candidates
# that passed in the Java service, unless the study sets quick = false.
use strict;
use warnings;
use Config;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use POSIX qw(setsid WNOHANG);
use Time::HiRes qw(sleep time);

($ENV{HARNESS_BOX} // '') eq '1' or die "this must run in a box\n";
# Other processes of this user must not reach the pipes of this one.
my %prctl = (x86_64 => 157, aarch64 => 167, riscv64 => 167);
my ($machine) = split /-/, $Config{archname};
syscall($prctl{$machine}, 4, 0, 0, 0, 0) if $prctl{$machine};

my ($command, $project) = @ARGV;
my $work = '/box/work';
# Bytes of output that are kept. Ant's log begins with the first error and may end
# with the reason of a crash; the names of all failing tests are needed.
my ($head, $tail, $names) = (64 << 10, 64 << 10, 1 << 20);

binmode STDIN;
binmode STDOUT;
frame(0, 'ready', 0);
my ($length, $number) = unpack 'N Q>', take(12);
my $request = JSON::PP->new->utf8->decode(take($length));
my %answer;
eval { judge(); 1 } or $answer{error} = "$@";
frame($number, JSON::PP->new->utf8->canonical->encode(\%answer), 1 << 31);
sleep 3600; # until the box is destroyed

sub take {
    my ($length) = @_;
    my $bytes = '';
    while (length $bytes < $length) {
        my $n = sysread STDIN, $bytes, $length - length $bytes, length $bytes;
        exit 0 if !$n;
    }
    return $bytes;
}

sub frame {
    my ($number, $bytes, $mark) = @_;
    $bytes = pack('N Q>', length($bytes) | $mark, $number) . $bytes;
    while (length $bytes) {
        my $n = syswrite STDOUT, $bytes;
        defined $n or die "write: $!\n";
        substr $bytes, 0, $n, '';
    }
}

sub judge {
    make_path('/box/tmp');
    system('cp', '-r', $project, $work) == 0 or die "copy the project: exit $?\n";
    system('chmod', '-R', 'u+w', $work) == 0 or die "make the project writable: exit $?\n";
    # As after a checkout. Ant would keep classes that are little older than their
    # sources, and classes with a constant of a changed class.
    for my $path (@{ $request->{clean} }) {
        within($path);
        remove_tree("$work/$path", { error => \my $errors });
        @$errors and die "delete $path: ", values %{ $errors->[0] }, "\n";
    }
    for my $path (sort keys %{ $request->{files} }) {
        within($path);
        make_path(dirname("$work/$path"));
        open my $out, '>:raw', "$work/$path" or die "$path: $!\n";
        print $out decode_base64($request->{files}{$path});
        close $out or die "$path: $!\n";
    }
    $answer{compile} = run($request->{compileSeconds}, 'compile', '-w', $work);
    return if $answer{compile}{exit} || $answer{compile}{timeout};
    $answer{test} = run($request->{testSeconds}, 'test', '-r', '-w', $work);
    $answer{ran} = 0;
    if (open my $all, '<', "$work/all_tests") {
        while (<$all>) { $answer{ran}++ }
    }
}

sub within {
    my ($path) = @_;
    $path =~ m{^/|(^|/)\.\.(/|$)} and die "$path leaves the project\n";
}

# run runs Defects4J's command in a process group of its own and kills the group at
# the time limit, and after the command for the processes that it leaves behind.
sub run {
    my ($seconds, @arguments) = @_;
    my $child = fork // die "fork: $!\n";
    if (!$child) {
        setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/box/stdout' or die "stdout: $!\n";
        open STDERR, '>', '/box/stderr' or die "stderr: $!\n";
        $ENV{TMPDIR} = $ENV{D4J_TMP_DIR} = '/box/tmp';
        exec $command, @arguments or die "$command: $!\n";
    }
    my $deadline = time + $seconds;
    my $late = 0;
    while (waitpid($child, WNOHANG) == 0) {
        if (time > $deadline) {
            $late = 1;
            kill 'KILL', -$child;
            waitpid $child, 0;
            last;
        }
        sleep 0.05;
    }
    my $status = $?;
    kill 'KILL', -$child;
    return {
        exit => $status >> 8 | ($status & 127 ? 128 + ($status & 127) : 0),
        timeout => $late ? JSON::PP::true : JSON::PP::false,
        started => has_line('/box/stderr', qr/Running ant \(/) ? JSON::PP::true : JSON::PP::false,
        stdout => excerpt('/box/stdout', $names, 0), stderr => excerpt('/box/stderr', $head, $tail),
    };
}

# has_line reports whether a line of a file matches. If ant was not started, the
# command itself failed, as it does with a version of Java that it refuses.
sub has_line {
    my ($name, $form) = @_;
    open my $in, '<:raw', $name or return 0;
    while (<$in>) { return 1 if $_ =~ $form }
    return 0;
}

# excerpt returns the first and the last bytes of a file.
sub excerpt {
    my ($name, $head, $tail) = @_;
    open my $in, '<:raw', $name or return '';
    my $size = -s $in;
    my ($text, $end) = ('', '');
    read $in, $text, $size <= $head + $tail ? $size : $head;
    if ($size > $head + $tail) {
        seek $in, $size - $tail, 0;
        read $in, $end, $tail;
        $text .= "\n...\n$end";
    }
    $text =~ s/[^\x09\x0a\x20-\x7e]/?/g;
    return $text;
}
