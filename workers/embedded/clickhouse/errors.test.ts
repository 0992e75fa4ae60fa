import { describe, expect, it } from 'vitest'
import { engineError, frontError, httpStatus } from './errors.ts'

describe('engineError', () => {
  it('keeps the innermost code and shows no file of ours', () => {
    const error = engineError(
      "Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse input: expected '\"' before: 'x': (at row 2)\n: (in file/uri /data/spool/7): While executing JSONEachRowRowInputFormat: While executing File: data for INSERT was parsed from file. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 26.7.2.1). (CANNOT_PARSE_INPUT_ASSERTION_FAILED)",
    )
    expect(error.code).toBe(27)
    expect(error.message).toBe(
      "Code: 27. DB::Exception: Cannot parse input: expected '\"' before: 'x': (at row 2)\n: While executing JSONEachRowRowInputFormat. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)",
    )
  })

  it('gives a failure without a code the code of an unknown exception', () => {
    expect(engineError('segfault')).toMatchObject({ code: 1001, message: expect.stringContaining('segfault') })
  })
})

describe('httpStatus', () => {
  it.each([
    [60, 404],
    [81, 404],
    [62, 400],
    [27, 400],
    [159, 408],
    [202, 503],
    [516, 403],
    [395, 500],
  ])('answers code %i with %i', (code, status) => expect(httpStatus(code)).toBe(status))

  it('has a status for every error of the front', () => {
    expect(httpStatus(frontError('NOT_IMPLEMENTED', 'x').code)).toBe(501)
  })
})
