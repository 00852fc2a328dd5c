"""Pipelines, and errors planted into them: into their code, their functions, or the files that they read.

Each pipeline is well as it stands. An error is one change of a text; ``step`` is where it is planted, which is what
blame must find, and it is found by a test of a later step, or of the same one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pipeline:
    """A notebook, and the files that it reads."""

    cells: tuple[str, ...]
    files: dict[str, str]


@dataclass(frozen=True)
class Planted:
    """One error: in *where* (a file, or the notebook) *old* becomes *new*; it comes in at *step*."""

    pipeline: str
    kind: str
    step: str
    old: str
    new: str
    where: str = ""


def _orders() -> str:
    rows = ["order_id,customer,amount,day,region"]
    for n in range(1, 61):
        rows.append(f"{n},c{n % 7},{10 + n % 9}.5,2024-01-{1 + n % 28:02d},{'north' if n % 2 else 'south'}")
    return "\n".join(rows) + "\n"


CUSTOMERS = "customer,country\n" + "".join(f"c{n},{'DE' if n % 2 else 'FR'}\n" for n in range(7))

ORDERS = Pipeline(
    (
        "%load_ext nbops\nimport pandas as pd",
        "LIMIT = 100.0",
        "%%step load\norders = pd.read_csv('orders.csv', parse_dates=['day'])",
        "%%step customers\ncustomers = pd.read_csv('customers.csv')",
        "%%step clean\nclean = orders.dropna(subset=['amount'])\nclean = clean[clean.amount > 0]",
        "%%step convert\nconverted = clean.assign(amount=clean.amount * 1.0)",
        "%%step enrich\nwide = converted.merge(customers, on='customer', how='left')",
        "%%step by_region\ntotals = wide.groupby('region', as_index=False).amount.sum()",
        "%%step report\n"
        "assert wide.order_id.is_unique, 'orders are unique'\n"
        "assert wide.amount.between(0, LIMIT).all(), 'amounts are likely'\n"
        "assert wide.country.notna().all(), 'every order has a country'\n"
        "assert len(wide) >= 58, 'orders are there'\n"
        "assert wide.day.dt.year.eq(2024).all(), 'days of the year'\n"
        "assert set(wide.region) <= {'north', 'south'}, 'known regions'\n"
        "assert len(totals) == 2, 'two regions'\n"
        "assert abs(totals.amount.sum() - wide.amount.sum()) < 0.01, 'totals reconcile'",
    ),
    {"orders.csv": _orders(), "customers.csv": CUSTOMERS},
)

SENSORS = Pipeline(
    (
        "%load_ext nbops",
        "import pandas as pd\nimport numpy as np",
        "%%params\ndays: int = 10",
        "%%step read\n"
        "hours = pd.date_range('2024-03-01', periods=24 * days, freq='h')\n"
        "raw = pd.DataFrame({'at': hours, 'celsius': 10 + 5 * np.sin(np.arange(len(hours)) / 4), 'sensor': 's1'})",
        "%%step calibrate\nraw['celsius'] = raw['celsius'] + 0.2",
        "%%step mark\nseries = raw\nseries['is_day'] = series['at'].dt.hour.between(6, 18)",
        "%%step daily\ndaily = series.set_index('at').celsius.resample('D').mean().reset_index()",
        "%%step smooth\nsmooth = daily.assign(celsius=daily.celsius.rolling(2, min_periods=1).mean())",
        "%%step check\n"
        "assert series.celsius.between(-30, 50).all(), 'a likely temperature'\n"
        "assert series['at'].is_monotonic_increasing, 'in order of time'\n"
        "assert series['at'].is_unique, 'one reading an hour'\n"
        "assert len(smooth) == days, 'every day is there'\n"
        "assert smooth.celsius.notna().all(), 'no gaps'\n"
        "assert (smooth['at'].dt.month == 3).all(), 'march'\n"
        "assert smooth.celsius.max() < 20, 'no hot day'\n"
        "assert raw.sensor.eq('s1').all(), 'our sensor'",
    ),
    {},
)

POLARS = Pipeline(
    (
        "%load_ext nbops\nimport polars as pl\nfrom nbops import expect",
        "%%step load\nsales = pl.read_csv('sales.csv')",
        "%%step prices\nprices = pl.read_csv('prices.csv')",
        "%%step typed\nsales_typed = sales.with_columns(pl.col('sold').str.to_date())",
        "%%step priced\n"
        "priced = sales_typed.join(prices, on='item', how='left')\n"
        "priced = priced.with_columns((pl.col('price') * pl.col('pieces')).alias('value'))",
        "%%step margin\nwith_margin = priced.with_columns((pl.col('value') - pl.col('cost') * pl.col('pieces'))"
        ".alias('margin'))",
        "%%step check\n"
        "expect(with_margin).not_null('item').not_null('price').not_null('value')\n"
        "expect(with_margin).unique('sale').between('pieces', 1, 20)\n"
        "expect(with_margin).between('margin', 0, 1000)\n"
        "assert with_margin.height == 40, 'all sales'\n"
        "assert with_margin['sold'].dt.year().max() == 2024, 'sold last year'",
    ),
    {
        "sales.csv": "sale,item,pieces,sold\n"
        + "".join(f"{n},i{n % 5},{1 + n % 6},2024-05-{1 + n % 28:02d}\n" for n in range(40)),
        "prices.csv": "item,price,cost\n" + "".join(f"i{n},{10 + n}.0,{4 + n}.5\n" for n in range(5)),
    },
)

PLAIN = Pipeline(
    (
        "%load_ext nbops\nimport csv",
        "def number(text):\n    return float(text)\n\ndef tidy(row):\n    return {**row, 'name': row['name'].strip()}",
        "%%step load\nwith open('staff.csv') as file:\n    rows = list(csv.DictReader(file))",
        "%%step parse\npeople = [{**tidy(row), 'pay': number(row['pay'])} for row in rows]",
        "%%step adults\nadults = [p for p in people if int(p['age']) >= 18]",
        "%%step index\nby_name = {p['name']: p for p in adults}\nlisted = adults",
        "%%step raises\nfor p in listed:\n    p['pay'] = p['pay'] * 1.02",
        "%%test raises\n"
        "def test_pay():\n    assert all(0 < p['pay'] < 9000 for p in listed), 'pay is likely'\n"
        "def test_names(adults):\n    assert all(p['name'] == p['name'].strip() for p in adults)\n"
        "def test_nobody_is_twice(adults, by_name):\n    assert len(adults) == len(by_name)",
        "%%step total\ntotal = sum(p['pay'] for p in adults)\n"
        "assert len(adults) == 18, 'all adults'\nassert 20_000 < total < 90_000, 'the sum is likely'",
    ),
    {
        "staff.csv": "name,age,pay\n" + "".join(f"p{n},{16 + n},{2000 + 50 * n}\n" for n in range(20)),
    },
)

STOCK = Pipeline(
    (
        "%load_ext nbops\nimport pandas as pd",
        "def take_out(table, names):\n    table.drop(table[table['item'].isin(names)].index, inplace=True)\n\n"
        "def value_of(table):\n    return table['pieces'] * table['price']",
        "GONE = ['old']",
        "%%step load\nstock = pd.read_csv('stock.csv')\nview = stock",
        "%%step tidy\ntake_out(stock, GONE)\nstock.reset_index(drop=True, inplace=True)",
        "%%step count\nview['pieces'] = view['pieces'].astype(int)",
        "%%step value\nstock['value'] = value_of(stock)",
        "%%step shares\nshares = (stock['value'] / stock['value'].sum()).rename('share')",
        "%%step check\n"
        "assert view.pieces.ge(0).all(), 'no negative stock'\n"
        "assert stock.item.is_unique, 'each item once'\n"
        "assert stock.item.notna().all(), 'items are named'\n"
        "assert len(view) == 11, 'nothing is lost'\n"
        "assert stock.value.max() < 5000, 'likely values'\n"
        "assert abs(shares.sum() - 1) < 1e-9 and shares.ge(0).all(), 'shares add up'",
    ),
    {"stock.csv": "item,pieces,price\nold,1,1.0\n" + "".join(f"i{n},{n + 2},{3 + n}.25\n" for n in range(11))},
)

UNION = Pipeline(
    (
        "%load_ext nbops\nimport pandas as pd\nfrom nbops import expect",
        "def euros(table):\n    return table.assign(amount=table.amount / 100)\n\n"
        "def month(table, name):\n    return table.assign(month=name)",
        "%%step january\njan = pd.read_csv('jan.csv').pipe(month, '2024-01')",
        "%%step february\nfeb = pd.read_csv('feb.csv').pipe(month, '2024-02')",
        "%%step union\nboth = pd.concat([jan, feb], ignore_index=True)",
        "%%step convert\nin_euros = both.pipe(euros)",
        "%%step dedupe\nsales = in_euros.drop_duplicates('sale').reset_index(drop=True)",
        "%%step wide\nwide = sales.pivot_table(index='shop', columns='month', values='amount', aggfunc='sum')",
        "%%step check\n"
        "expect(sales).unique('sale').not_null('shop').not_null('amount').between('amount', 0, 50)\n"
        "assert len(sales) == 50, 'fifty sales'\n"
        "assert list(wide.columns) == ['2024-01', '2024-02'], 'two months'\n"
        "assert wide.notna().all().all(), 'every shop sold in every month'\n"
        "assert sales.sale.str.match(r'[jf]\\d+$').all(), 'numbers of sales'",
    ),
    {
        name: "sale,shop,amount\n" + "".join(f"{name[0]}{n},shop{n % 4},{500 + 70 * n}\n" for n in range(25))
        for name in ("jan.csv", "feb.csv")
    },
)

ARRAYS = Pipeline(
    (
        "%load_ext nbops\nimport numpy as np",
        "%%step prices\nprices = np.loadtxt('prices.txt')",
        "%%step returns\nreturns = np.diff(prices, axis=0) / prices[:-1]",
        "%%step weights\nweights = np.ones(prices.shape[1]) / prices.shape[1]",
        "%%step portfolio\nportfolio = returns @ weights",
        "%%step risk\nrisk = float(portfolio.std())",
        "%%step check\n"
        "assert np.isfinite(portfolio).all(), 'returns are numbers'\n"
        "assert abs(weights.sum() - 1) < 1e-12, 'weights add up'\n"
        "assert len(portfolio) == 29, 'one return a day'\n"
        "assert 0 < risk < 0.02, 'likely risk'\n"
        "assert np.abs(portfolio).max() < 0.1, 'no jumps'",
    ),
    {
        "prices.txt": "\n".join(
            " ".join(f"{100 + 10 * k + (n * (k + 2)) % 5 * 0.3 + n / 100:.2f}" for k in range(3)) for n in range(30)
        )
        + "\n"
    },
)

PIPELINES = {
    "orders": ORDERS,
    "sensors": SENSORS,
    "polars": POLARS,
    "plain": PLAIN,
    "stock": STOCK,
    "union": UNION,
    "arrays": ARRAYS,
}

ERRORS = (
    Planted("orders", "nulls in the key", "load", "13,c6,", "13,,", "orders.csv"),
    Planted("orders", "duplicated rows", "clean", "clean[clean.amount > 0]", "pd.concat([clean, clean.head(3)])"),
    Planted("orders", "wrong join", "customers", "c3,DE\n", "c3,DE\nc3,FR\n", "customers.csv"),
    Planted("orders", "unit", "convert", "clean.amount * 1.0", "clean.amount * 100.0"),
    Planted("orders", "sign", "convert", "clean.amount * 1.0", "-clean.amount"),
    Planted("orders", "dropped rows", "clean", "clean.amount > 0]", "clean.amount > 11]"),
    Planted("orders", "shifted dates", "load", "read_csv('orders.csv', parse_dates=['day'])",
            "read_csv('orders.csv', parse_dates=['day']).assign(day=lambda t: t.day + pd.DateOffset(years=1))"),
    Planted("orders", "wrong label", "load", "\n7,c0,17.5,2024-01-08,n", "\n7,c0,17.5,2024-01-08,N", "orders.csv"),
    Planted("orders", "inner join", "enrich", "how='left'", "how='inner').query('country == \"DE\"'"),
    Planted("orders", "missing customer", "customers", "c5,DE\n", "", "customers.csv"),
    Planted("orders", "lost in grouping", "by_region", "wide.groupby(", "wide[wide.amount > 12].groupby("),
    Planted("sensors", "unit", "calibrate", "raw['celsius'] + 0.2", "raw['celsius'] * 9 / 5 + 32"),
    Planted("sensors", "order", "read", "hours = pd.date_range('2024-03-01', periods=24 * days, freq='h')",
            "hours = pd.date_range('2024-03-01', periods=24 * days, freq='h')[::-1]"),
    Planted("sensors", "shifted dates", "read", "2024-03-01", "2024-02-20"),
    Planted("sensors", "mutated in place through an alias", "mark", "series = raw\n",
            "series = raw\nseries.loc[5, 'sensor'] = None\n"),
    Planted("sensors", "gaps", "smooth", "min_periods=1", "min_periods=2"),
    Planted("sensors", "lost day", "daily", ".reset_index()", ".reset_index().iloc[1:]"),
    Planted("polars", "nulls", "load", "\n7,i2,", "\n7,,", "sales.csv"),
    Planted("polars", "missing price", "prices", "i4,14.0,8.5\n", "", "prices.csv"),
    Planted("polars", "duplicates", "load", "9,i4,4,2024-05-10\n", "9,i4,4,2024-05-10\n9,i4,4,2024-05-10\n",
            "sales.csv"),
    Planted("polars", "sign", "load", "11,i1,6,", "11,i1,-6,", "sales.csv"),
    Planted("polars", "wrong cost", "prices", "i2,12.0,6.5", "i2,12.0,65", "prices.csv"),
    Planted("polars", "shifted dates", "typed", "pl.col('sold').str.to_date()",
            "pl.col('sold').str.to_date().dt.offset_by('1y')"),
    Planted("polars", "wrong formula", "margin", "pl.col('value') - pl.col('cost')",
            "pl.col('value') - pl.col('price') * pl.col('cost')"),
    Planted("plain", "unit in a function", "parse", "return float(text)", "return float(text) * 100"),
    Planted("plain", "blanks", "parse", "row['name'].strip()", "row['name'] + ' '"),
    Planted("plain", "duplicates", "load", "p9,25,2450\n", "p9,25,2450\np9,25,2450\n", "staff.csv"),
    Planted("plain", "dropped rows", "adults", ">= 18", "> 21"),
    Planted("plain", "sign in place", "raises", "p['pay'] * 1.02", "p['pay'] * -1.02"),
    Planted("plain", "dropped at the source", "load", "p12,28,2600\n", "", "staff.csv"),
    Planted("stock", "sign in the file", "load", "i3,5,", "i3,-5,", "stock.csv"),
    Planted("stock", "dropped by a function", "tidy", "isin(names)]", "isin([*names, 'i4'])]"),
    Planted("stock", "nulls through an alias", "count", "view['pieces'].astype(int)",
            "view['pieces'].astype(int)\nview.loc[2, 'item'] = None"),
    Planted("stock", "unit in a function", "value", "table['pieces'] * table['price']",
            "table['pieces'] * table['price'] * 100"),
    Planted("union", "wrong unit in one source", "february", "'2024-02')", "'2024-02').eval('amount = amount * 100')"),
    Planted("union", "nulls in one source", "january", "j3,shop3,", "j3,,", "jan.csv"),
    Planted("union", "function", "convert", "table.amount / 100", "table.amount / 10"),
    Planted("union", "type of the key", "february", "f7,", "F7,", "feb.csv"),
    Planted("arrays", "zero price", "prices", "100.61 110.91 121.21", "100.61 0 121.21", "prices.txt"),
    Planted("arrays", "weights", "weights", "/ prices.shape[1]", "/ 2"),
)  # fmt: skip


# Written after the rules of blame were settled, and run once: what they say of errors that nobody had in mind.

DAILY = Pipeline(
    (
        "%load_ext nbops\nimport pandas as pd\nfrom shop import clean_price",
        "%%params\nday: str = '2024-02-01'",
        "%%step load\ntickets = pd.read_csv(f'tickets_{day}.csv')",
        "%%step lookup\nvat = {'book': 0.07, 'toy': 0.19, 'food': 0.07}",
        "%%step price\ntickets = tickets.assign(net=tickets.price.map(clean_price))",
        "%%step price\ntickets['vat'] = tickets.kind.map(vat)",
        "%%step gross\ngross = tickets.assign(gross=tickets.net * (1 + tickets.vat))",
        "%%step per_kind\nper_kind = {kind: part for kind, part in gross.groupby('kind')}",
        "%%step sums\nsums = {kind: float(part.gross.sum()) for kind, part in per_kind.items()}",
        "%%step check\n"
        "for kind, value in sums.items():\n    assert 0 < value < 3000, f'likely sum of {kind}'\n"
        "assert set(sums) == {'book', 'toy', 'food'}, 'all kinds'\n"
        "assert gross.gross.notna().all(), 'every ticket has a price'\n"
        "assert gross.ticket.is_unique, 'each ticket once'\n"
        "assert (gross.gross >= gross.net).all(), 'tax is added'",
    ),
    {
        "shop.py": "def clean_price(text):\n    return float(str(text).replace('EUR', ''))\n",
        **{
            f"tickets_{day}.csv": "ticket,kind,price\n"
            + "".join(f"{day[-1]}{n},{('book', 'toy', 'food')[n % 3]},{12 + (n * step) % 17}.5EUR\n" for n in range(30))
            for day, step in (("2024-02-01", 3), ("2024-02-02", 5))
        },
    },
)

LOGS = Pipeline(
    (
        "%load_ext nbops\nimport re\nfrom collections import Counter\nfrom datetime import datetime",
        "class Hit:\n    def __init__(self, at, path, ms):\n        self.at, self.path, self.ms = at, path, ms",
        "LINE = re.compile(r'(\\S+) (\\S+) (\\d+)')",
        "%%step read\nlines = open('access.log').read().splitlines()",
        "%%step parse\n"
        "hits = [Hit(datetime.fromisoformat(m[1]), m[2], int(m[3])) for m in map(LINE.match, lines) if m]",
        "%%step filter\npages = [h for h in hits if not h.path.endswith('.png')]",
        "%%step count\ncounts = Counter(h.path for h in pages)",
        "%%step slow\nslow = sorted((h for h in pages), key=lambda h: h.ms)[-5:]",
        "%%step check\n"
        "assert all(h.ms < 2000 for h in slow), 'nothing is that slow'\n"
        "assert sum(counts.values()) == 40, 'forty pages'\n"
        "assert all(path.startswith('/') for path in counts), 'paths'\n"
        "assert min(h.at for h in pages).year == 2024, 'this year'\n"
        "assert [h.at for h in pages] == sorted(h.at for h in pages), 'in order'",
    ),
    {
        "access.log": "".join(
            f"2024-06-{1 + n // 3:02d}T{n % 24:02d}:00:00 /p{n % 4}{'.png' if n % 3 == 2 else ''} {20 + n}\n"
            for n in sorted(range(60), key=lambda n: (n // 3, n % 24))
        )
    },
)

MONTHS = Pipeline(
    (
        "%load_ext nbops\nimport pandas as pd\nimport numpy as np",
        "%%step plan\nplan = pd.read_csv('plan.csv', index_col='month')",
        "%%step actual\nactual = pd.read_csv('actual.csv', index_col='month')",
        "%%step rates\nrates = pd.read_csv('rates.csv', index_col='currency').rate",
        "%%step to_eur\n"
        "eur = actual.copy()\nfor currency in rates.index:\n"
        "    eur.loc[eur.currency == currency, 'cost'] *= rates[currency]",
        "%%step compare\ngap = plan.join(eur, rsuffix='_actual')\ngap['delta'] = gap.cost_actual - gap.cost",
        "%%step cumulate\nrunning = gap.delta.cumsum()",
        "%%step check\n"
        "assert running.abs().max() < 400, 'near the plan'\n"
        "assert gap.index.is_unique, 'each month once'\n"
        "assert gap.cost_actual.notna().all(), 'every month has a cost'\n"
        "assert len(gap) == 12 and gap.index.is_monotonic_increasing, 'twelve months in order'\n"
        "assert rates.between(0.5, 2).all(), 'likely rates'",
    ),
    {
        "plan.csv": "month,cost\n" + "".join(f"2024-{n:02d},{1000 + 10 * n}\n" for n in range(1, 13)),
        "actual.csv": "month,cost,currency\n"
        + "".join(f"2024-{n:02d},{1000 + 11 * n}.0,{'EUR' if n % 3 else 'USD'}\n" for n in range(1, 13)),
        "rates.csv": "currency,rate\nEUR,1.0\nUSD,0.95\n",
    },
)

PIPELINES |= {"daily": DAILY, "logs": LOGS, "months": MONTHS}

HELD_OUT = (
    Planted("daily", "a kind that is not known", "load", "22,toy,", "22,tyo,", "tickets_2024-02-02.csv"),
    Planted("daily", "wrong tax", "lookup", "'toy': 0.19", "'toy': -0.19"),
    Planted("daily", "unit in the file", "load", "24,toy,15.5EUR", "24,toy,15500EUR", "tickets_2024-02-02.csv"),
    Planted("daily", "duplicates", "load", "25,food,", "24,food,", "tickets_2024-02-02.csv"),
    Planted("daily", "a module of the project", "price", "return float", "return -float", "shop.py"),
    Planted("daily", "dropped in place", "price", "tickets['vat'] = tickets.kind.map(vat)",
            "tickets['vat'] = tickets.kind.map(vat)\n"
            "tickets.drop(tickets[tickets.kind == 'food'].index, inplace=True)"),
    Planted("daily", "tax taken off", "gross", "(1 + tickets.vat)", "(1 - tickets.vat)"),
    Planted("logs", "slow request", "read", "/p1 21\n", "/p1 2100\n", "access.log"),
    Planted("logs", "pictures kept", "filter", "endswith('.png')", "endswith('.gif')"),
    Planted("logs", "wrong group", "parse", "m[2], int(m[3])", "m[2][1:], int(m[3])"),
    Planted("logs", "year", "read", "2024-06-01T00", "2023-06-01T00", "access.log"),
    Planted("logs", "reversed", "filter", "for h in hits if", "for h in hits[::-1] if"),
    Planted("logs", "lost lines", "parse", "map(LINE.match, lines)", "map(LINE.match, lines[6:])"),
    Planted("months", "wrong rate", "rates", "USD,0.95", "USD,9.5", "rates.csv"),
    Planted("months", "missing month", "actual", "2024-05,1055.0,EUR\n", "", "actual.csv"),
    Planted("months", "month twice", "plan", "2024-05,1050\n", "2024-05,1050\n2024-05,1050\n", "plan.csv"),
    Planted("months", "unit", "actual", "2024-07,1077.0", "2024-07,107700.0", "actual.csv"),
    Planted("months", "converted twice", "to_eur", "*= rates[currency]", "*= 1.4 * rates[currency]"),
    Planted("months", "sign", "compare", "gap.cost_actual - gap.cost", "gap.cost_actual + gap.cost"),
    Planted("months", "order", "compare", "rsuffix='_actual')", "rsuffix='_actual').sort_index(ascending=False)"),
)  # fmt: skip

GIVEN = {"daily": {"day": "2024-02-02"}}
"""The parameters of the run into which the error is planted, where they are not those of the good run."""
