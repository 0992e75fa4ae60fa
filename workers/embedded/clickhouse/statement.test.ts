import { describe, expect, it } from 'vitest'
import { readStatement, withInfile, withOutfile } from './statement.ts'

describe('readStatement', () => {
  it.each([
    ['SELECT 1', 'select', undefined],
    ['select 1 format JSON', 'select', 'JSON'],
    ['WITH 1 AS x SELECT x\nFORMAT CSV SETTINGS max_threads = 1;', 'select', 'CSV'],
    ["SELECT ' FORMAT JSON; DROP' -- FORMAT TSV", 'select', undefined],
    ['SELECT format FROM t', 'select', undefined],
    ['SELECT 1 AS format', 'select', undefined],
    ['SELECT (SELECT 1 FORMAT JSON)', 'select', undefined],
    ['INSERT INTO t (a, b) FORMAT JSONEachRow', 'insert-data', 'JSONEachRow'],
    ['INSERT INTO db.format FORMAT CSV', 'insert-data', 'CSV'],
    ['INSERT INTO t VALUES', 'insert-data', undefined],
    ["INSERT INTO t VALUES (1, ';')", 'insert-values', undefined],
    ['INSERT INTO t SELECT 1', 'insert-select', undefined],
    ["INSERT INTO t SELECT *, 'x' FROM input('a Int8') FORMAT RowBinary", 'insert-data', 'RowBinary'],
    ["insert into t (a) select a from (select * from input('a Int8')) format CSV\n1;2", 'insert-data', 'CSV'],
    ['INSERT INTO t SELECT input FROM input', 'insert-select', undefined],
    ["INSERT INTO t VALUES (' FROM input(''a Int8'') FORMAT CSV')", 'insert-values', undefined],
    ['WITH 1 AS x INSERT INTO t SELECT x', 'insert-select', undefined],
    ['CREATE TABLE t (a Int8) ENGINE = Memory', 'other', undefined],
    ['SHOW TABLES FORMAT JSON', 'other', 'JSON'],
  ])('reads %s as %s', (sql, kind, format) => {
    const statement = readStatement(sql)
    expect(statement.kind).toBe(kind)
    expect(statement.format).toBe(format)
  })

  it.each([
    'SELECT 1; SELECT 2',
    'INSERT INTO t VALUES (1); DROP TABLE t',
    "SELECT 'a\\'' ; x",
    'SELECT $a$;$a$; DROP',
  ])('refuses a second statement: %s', (sql) => expect(() => readStatement(sql)).toThrow(/Multi-statements/))

  it.each(['SELECT 1;', 'SELECT 1 ; -- end', "SELECT ';'", 'SELECT 1 /* ; x */', 'SELECT $a$;$a$', 'SELECT `;`'])(
    'takes a semicolon that separates nothing: %s',
    (sql) => expect(readStatement(sql).kind).toBe('select'),
  )

  it('never reads data of an insert as SQL', () => {
    const sql = 'INSERT INTO t FORMAT CSV\n1;\nDROP TABLE t'
    const statement = readStatement(sql)
    expect(sql.slice(statement.dataAt)).toBe('1;\nDROP TABLE t')
  })

  it('refuses to write on the server', () => {
    expect(() => readStatement("SELECT 1 INTO OUTFILE 'x'")).toThrow(/INTO OUTFILE/)
  })

  it('lets a statement be killed only where that changes nothing', () => {
    expect(readStatement('SELECT 1').readOnly).toBe(true)
    expect(readStatement('ALTER TABLE t DELETE WHERE 1').readOnly).toBe(false)
    expect(readStatement('INSERT INTO t VALUES (1)').readOnly).toBe(false)
  })
})

describe('files instead of bodies', () => {
  it('puts INFILE before SETTINGS and FORMAT', () => {
    const statement = readStatement('INSERT INTO t (a) SETTINGS async_insert = 0 FORMAT JSONEachRow')
    expect(withInfile(statement, "/a'b")).toBe(
      "INSERT INTO t (a)\nFROM INFILE '/a\\'b' SETTINGS async_insert = 0 FORMAT JSONEachRow",
    )
  })

  it('reads input() from the file in the format that FORMAT names', () => {
    const sql =
      "INSERT INTO t (a) SELECT a + 1 FROM input('a Int8, b DateTime64(3, \\'UTC\\')') WHERE b > 0 FORMAT RowBinary\n"
    expect(withInfile(readStatement(sql), "/a'b")).toBe(
      "INSERT INTO t (a) SELECT a + 1 FROM file('/a\\'b', 'RowBinary', 'a Int8, b DateTime64(3, \\'UTC\\')') WHERE b > 0",
    )
  })

  it('puts OUTFILE before FORMAT, or adds both', () => {
    expect(withOutfile(readStatement('SELECT 1 FORMAT JSON;'), '/f', 'TSV')).toBe(
      "SELECT 1\nINTO OUTFILE '/f' FORMAT JSON",
    )
    expect(withOutfile(readStatement('SELECT 1 -- x'), '/f', 'TSV')).toBe("SELECT 1\nINTO OUTFILE '/f' FORMAT TSV")
  })
})
