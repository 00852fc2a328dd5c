"""Calls that read from outside: by which names they are known, and of which of them nobody can foretell the result."""

from __future__ import annotations

import re

__all__ = [
    "BY_STATE", "CHANGING_CALLS", "CHANGING_METHODS", "CHANGING_MODULES", "CHANGING_NAMES", "ENTROPY", "FILE_METHODS",
    "FILE_QUESTIONS", "FILE_READERS", "FILE_READERS_OF", "LISTERS", "PATH_KEYWORDS", "UNKNOWABLE", "query_reads",
]  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILE_READERS = _words(
    "open read_csv read_table read_fwf read_json read_parquet read_feather read_excel read_pickle read_orc read_xml "
    "read_hdf read_stata read_sas read_spss read_ipc read_ipc_stream read_avro read_ndjson read_ods read_delta "
    "scan_csv scan_parquet scan_ipc scan_ndjson scan_delta read_schema read_metadata ParquetFile ExcelFile HDFStore "
    "ParquetDataset memory_map OSFile open_csv loadtxt genfromtxt fromfile memmap from_csv from_csv_auto from_parquet "
    "read_csv_auto imread read_file open_dataset load_workbook ZipFile safe_load_file read_csvs"
)
"""Functions and classes whose first argument is a file, whatever library they are of."""

FILE_READERS_OF = {
    "numpy": _words("load"),
    "joblib": _words("load"),
    "torch": _words("load"),
    "pyarrow": _words("dataset input_stream"),
    "tarfile": _words("open"),
}
"""Those whose name alone says nothing, by the package that they are of."""

FILE_METHODS = frozenset({"read_text", "read_bytes"})
"""Methods of a path that read its file."""

FILE_QUESTIONS = _words("exists is_file is_dir isfile isdir getsize getmtime stat")
"""Functions and methods that ask whether a file is there, or how large or old it is."""

LISTERS = _words("glob iglob rglob iterdir listdir scandir walk")
"""Functions and methods that list a folder."""

PATH_KEYWORDS = ("filepath_or_buffer", "path", "io", "file", "source", "path_or_buf", "fname", "where", "filename",
                 "path_or_paths", "file_glob")  # fmt: skip

CHANGING_NAMES = _words(
    "read_sql read_sql_query read_sql_table read_gbq read_database read_database_uri read_clipboard read_html urlopen "
    "urlretrieve utcnow now today getenv uuid1 uuid4 token_hex token_bytes token_urlsafe urandom getrandom input "
    "getpass create_engine fetchall fetchone fetchmany fetch_df gethostname getuser getlogin getcwd cwd check_output "
    "getoutput Popen"
)
"""Calls of these names yield another thing every time, whoever owns them."""

CHANGING_METHODS = _words("connect execute sql query_df request cursor download_file get_object scalar scalars")
"""Calls of these names on an object of which nobody knows the class."""

CHANGING_CALLS = {
    "time": _words("time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns "
                   "localtime gmtime ctime asctime"),
    "os": _words("system popen times getpid urandom cpu_count"),
    "subprocess": _words("run call check_call"),
    "sqlite3": _words("connect"), "psycopg": _words("connect"), "psycopg2": _words("connect"),
    "builtins": _words("input"),
    "platform": _words("node platform system release version machine uname"),
}  # fmt: skip
"""Functions that yield another thing every time, by their module."""

CHANGING_MODULES = _words("requests httpx aiohttp urllib3 boto3 botocore socket secrets ftplib smtplib paramiko")
"""Modules of which every call leads outside."""

ENTROPY = _words("default_rng RandomState Random SeedSequence PCG64 MT19937 Generator SystemRandom")
"""Makers of random numbers: without a seed each is another one."""

BY_STATE = _words("seed set_state setstate manual_seed set_seed seed_everything")
"""Calls that fix the random numbers of the process."""

UNKNOWABLE = _words("eval exec globals locals vars __import__ compile")
"""Calls by which code reaches what its text does not name."""

_TABLES = re.compile(r"\b(?:from|join)\s+(?:\(\s*)?(\"[^\"]+\"|'[^']+'|[\w.]+)(\s*\()?", re.I)
_WITH = re.compile(r"(?:\bwith|,)\s+(?:recursive\s+)?(\w+)\s+as\s*(?:materialized\s*)?\(", re.I)
_QUOTED = re.compile(r"'([^']*)'")
_WORDS = re.compile(r"\b[A-Za-z_]\w*\b")
_CHANGES = re.compile(r"now|today|current_\w+|random|uuid|gen_random_uuid|getenv|nextval|attach|\w+_scan|\w+_query")


def query_reads(text: str) -> tuple[list[str], list[str], list[str]]:
    """Return what a query of DuckDB or Polars reads: variables, files, and what may be another thing every time.

    Example:
        >>> query_reads("select * from orders join 'rates.csv' using (day)")
        (['orders'], ['rates.csv'], [])
        >>> query_reads("select now() from shop.orders")
        ([], [], ['shop.orders', 'now'])
    """
    own = {name.lower() for name in _WITH.findall(text)}
    variables, files, changing = [], [], []
    for table, is_call in _TABLES.findall(text):
        if is_call:
            files += [quoted for quoted in _QUOTED.findall(text) if "." in quoted or "/" in quoted]
        elif table[0] == "'" or (table[0] == '"' and "." in table):
            files.append(table[1:-1])
        elif "." in table:
            changing.append(table)
        elif table.strip('"').lower() not in own and table.lower() not in ("select", "values", "range"):
            variables.append(table.strip('"'))
    outside_of_texts = _QUOTED.sub("''", text).lower()
    changing += [word for word in _WORDS.findall(outside_of_texts) if _CHANGES.fullmatch(word)]
    return list(dict.fromkeys(variables)), list(dict.fromkeys(files)), list(dict.fromkeys(changing))
