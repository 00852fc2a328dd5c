// Made from nbops/records.py by typescript_of_records.py; not to be changed by hand.
// Fields that have their default are left out of the JSON, so they are optional here.

export const STEP_MIME = 'application/vnd.nbops.step+json';
export const FORMAT_VERSION = 1;

export type Status = 'pending' | 'running' | 'passed' | 'warned' | 'failed' | 'error' | 'skipped' | 'interrupted' | 'refused';

export interface Examples {
  readonly columns?: readonly string[];
  readonly labels?: readonly string[];
  readonly rows?: readonly (readonly (string | null)[])[];
}

export interface CheckResult {
  readonly name: string;
  readonly status: Status;
  readonly severity?: 'fail' | 'warn';
  readonly kind?: 'assert' | 'expect' | 'called' | 'rule' | 'account';
  readonly line?: number | null;
  readonly source?: string;
  readonly message?: string;
  readonly why?: string;
  readonly observed?: string;
  readonly allowed?: string;
  readonly rows?: number | null;
  readonly failing?: number | null;
  readonly nulls?: number | null;
  readonly examples?: Examples;
  readonly seconds?: number;
  readonly count?: number;
  readonly unit?: string;
  readonly share?: number | null;
}

export interface Table {
  readonly name: string;
  readonly kind: string;
  readonly rows?: number | null;
  readonly columns?: number | null;
  readonly column_names?: readonly string[];
  readonly column_types?: readonly string[];
  readonly nulls?: readonly number[];
}

export interface WarningSeen {
  readonly category: string;
  readonly message: string;
  readonly line?: number | null;
  readonly count?: number;
}

export interface Failure {
  readonly type: string;
  readonly message?: string;
  readonly traceback?: readonly string[];
  readonly line?: number | null;
  readonly cell?: number | null;
  readonly fix?: string;
}

export interface RowEntry {
  readonly reason: string;
  readonly rows?: number | null;
  readonly kind?: 'dropped' | 'merged' | 'left' | 'added' | 'aside';
  readonly note?: string;
  readonly examples?: Examples;
  readonly kept?: number;
}

export interface RowAccount {
  readonly verb: string;
  readonly tables_in: readonly Table[];
  readonly table_out: Table;
  readonly entries?: readonly RowEntry[];
  readonly beside?: readonly Table[];
  readonly sources?: readonly number[];
  readonly line?: number | null;
  readonly note?: string;
}

export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly unit?: string;
}

export interface StepFinished {
  readonly at: number;
  readonly run: string;
  readonly step: string;
  readonly status: Status;
  readonly part?: number;
  readonly cell_kind?: 'step' | 'test';
  readonly attempt?: number;
  readonly cell?: number | null;
  readonly cell_id?: string;
  readonly source_hash?: string;
  readonly seconds?: number;
  readonly cpu_seconds?: number;
  readonly memory_bytes?: number | null;
  readonly tests?: readonly CheckResult[];
  readonly tables_in?: readonly Table[];
  readonly tables_out?: readonly Table[];
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly mutated?: readonly string[];
  readonly warnings?: readonly WarningSeen[];
  readonly failure?: Failure | null;
  readonly remark?: string;
  readonly doc?: string;
  readonly owner?: string;
  readonly key?: string;
  readonly key_parts?: Readonly<Record<string, string>>;
  readonly artifacts?: readonly string[];
  readonly reuse?: string;
  readonly accounts?: readonly RowAccount[];
  readonly metrics?: readonly Metric[];
  readonly missed?: string;
  readonly files_out?: readonly string[];
}
