'use strict'

const { print } = require('./print')

const LEAST_WIDTH = 7

/** Prints a table, each line as soon as it is known: text on the left, numbers on the right. */
class Table {
  #columns
  #nameWidth

  /**
   * @param {string[]} columns the heads, that of the line's name first
   * @param {number} [nameWidth] of the lines' names
   */
  constructor (columns, nameWidth = 24) {
    this.#columns = columns
    this.#nameWidth = nameWidth
    this.line(columns)
    this.line(columns.map((_, i) => '-'.repeat(this.#width(i))))
  }

  /** @param {string[]} cells the line's name first */
  line (cells) {
    const padded = cells.map((cell, i) => i === 0 ? cell.padEnd(this.#width(i)) : cell.padStart(this.#width(i)))
    print(padded.join('  ').trimEnd())
  }

  #width (i) {
    return Math.max(this.#columns[i].length, i === 0 ? this.#nameWidth : LEAST_WIDTH)
  }
}

/** Writes microseconds (or any number) with the digits that mean something, and a dash for what was not measured. */
function number (value) {
  if (value === undefined) return '-'
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0
  return value.toFixed(digits)
}

/** Writes a ratio; a dash where one side is missing, or too small to have been measured. */
function ratio (value) {
  return value === undefined ? '-' : `${number(value)}x`
}

/** Divides, if both are there and above nothing. */
function quotient (dividend, divisor) {
  return dividend > 0 && divisor > 0 ? dividend / divisor : undefined
}

module.exports = { Table, number, ratio, quotient }
