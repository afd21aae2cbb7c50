package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	pb "harness/core/protocol/harnesspb"
)

func newBenchmarksImport(o *options) *cobra.Command {
	request := &pb.ImportRequest{}
	var to, plugin string
	var quiet bool
	cmd := &cobra.Command{
		Use:   "import --repo REPOSITORY --buggy COMMIT --fixed COMMIT --to FOLDER",
		Short: "Write a bug of any Java repository as one that studies can use",
		Long: `Write a bug of any Java repository, which two of its commits show, into a folder
of bugs as ` + "`benchmarks export`" + ` writes them. A study uses the folder so:

    benchmark "defects4j" "mine" { source = "FOLDER" }

Both commits are built in a temporary folder, offline: by Maven, by Gradle, or by
javac alone. The tests of the fixed commit run on both; those that fail with the
buggy one only are what a fix has to repair. The build and the tests run as they
would in a clone of the repository, outside any sandbox: import only what you
trust so far. Call it once for each bug; a bug that is there already is kept.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, needed := range []struct{ flag, value string }{
				{"repo", request.Repository}, {"buggy", request.Buggy}, {"fixed", request.Fixed}, {"to", to},
			} {
				if needed.value == "" {
					return fmt.Errorf("%w: import needs --%s", errUsage, needed.flag)
				}
			}
			var err error
			if request.Dir, err = filepath.Abs(to); err != nil {
				return err
			}
			if request.BaseDir, err = os.Getwd(); err != nil {
				return err
			}
			host := o.host()
			defer host.Close()
			benchmark, err := host.Benchmark(cmd.Context(), plugin)
			if err != nil {
				return err
			}
			result := ""
			err = benchmark.Import(cmd.Context(), request, func(e *pb.FetchEvent) {
				switch {
				case e.Total > 0:
					result = e.Message
				case !quiet:
					fmt.Fprintln(cmd.ErrOrStderr(), e.Message)
				}
			})
			if err != nil {
				return fmt.Errorf("import a bug of %s: %w", request.Repository, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s, in %s\n", result, to)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&request.Repository, "repo", "", "git `repository`: a folder or a URL")
	flags.StringVar(&request.Buggy, "buggy", "", "complete `commit` with the bug")
	flags.StringVar(&request.Fixed, "fixed", "", "complete `commit` with the fix and the tests")
	flags.StringVar(&to, "to", "", "`folder` of bugs, which may hold some already")
	flags.StringVar(&request.Project, "project", "", "`name` before the number in the bug's id (default the repository's)")
	flags.StringVar(&request.Module, "module", "", "`folder` of the project in the repository (default its root)")
	flags.StringVar(&request.Build, "build", "", "maven, gradle or javac (default what the project's files say)")
	flags.StringVar(&request.Sources, "sources", "", "`folder` of the sources in the project (default the first of src/main/java, src/java, source, src)")
	flags.StringVar(&request.Tests, "tests", "", "`folder` of the tests in the project (default the first of src/test/java, src/test, tests, test)")
	flags.StringSliceVar(&request.Classpath, "classpath", nil, "further `jars` that the tests need, and with javac the compiler")
	flags.StringSliceVar(&request.TestClasses, "test-class", nil, "only these test `classes`, with their packages (default all named Test*, *Test, *Tests, *TestCase)")
	flags.StringVar(&plugin, "plugin", "defects4j", "benchmark `plugin` whose layout is written")
	flags.BoolVar(&quiet, "quiet", false, "print no progress")
	return cmd
}
