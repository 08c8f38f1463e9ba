/** What of PySpark this stand-in has: a session that runs SQL, on DuckDB in a process beside it. */
const SQL = `import json, os, subprocess


class AnalysisException(Exception):
    pass


class DataFrame:
    def __init__(self, rows):
        self._rows = rows

    @property
    def columns(self):
        return list(self._rows[0]) if self._rows else []

    def collect(self):
        return self._rows

    def count(self):
        return len(self._rows)

    def show(self, n=20, truncate=True):
        for row in self._rows[:n]:
            print(row)


class SparkSession:
    def __init__(self):
        command = [os.environ["MILLRACE_EMR_NODE"], os.environ["MILLRACE_EMR_PROGRAM"], "statements"]
        self._duckdb = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def sql(self, query):
        self._duckdb.stdin.write(json.dumps(query) + "\\n")
        self._duckdb.stdin.flush()
        answer = json.loads(self._duckdb.stdout.readline())
        if "error" in answer:
            raise AnalysisException(answer["error"])
        return DataFrame(answer["rows"])

    def stop(self):
        self._duckdb.stdin.close()
        self._duckdb.wait()

    class Builder:
        def appName(self, name):
            return self

        def config(self, *args, **kwargs):
            return self

        def master(self, url):
            return self

        def enableHiveSupport(self):
            return self

        def getOrCreate(self):
            return SparkSession()

    builder = Builder()
`;

/** The package's files by name. */
export const PYSPARK: Readonly<Record<string, string>> = { '__init__.py': '', 'sql.py': SQL };
