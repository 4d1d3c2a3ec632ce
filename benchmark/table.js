'use strict'

const { print } = require('./print')

const LEAST_WIDTH = 7

/** Prints a table, each line as soon as it is measured: names are aligned to the left, numbers to the right. */
class Table {
  #columns
  #nameWidth

  /**
   * @param {string[]} columns the headings, beginning with that of the lines' names
   * @param {number} [nameWidth] the width of the lines' names
   */
  constructor (columns, nameWidth = 24) {
    this.#columns = columns
    this.#nameWidth = nameWidth
    this.line(columns)
    this.line(columns.map((_, i) => '-'.repeat(this.#width(i))))
  }

  /** @param {string[]} cells beginning with the line's name */
  line (cells) {
    const padded = cells.map((cell, i) => i === 0 ? cell.padEnd(this.#width(i)) : cell.padStart(this.#width(i)))
    print(padded.join('  ').trimEnd())
  }

  #width (i) {
    return Math.max(this.#columns[i].length, i === 0 ? this.#nameWidth : LEAST_WIDTH)
  }
}

/** Formats microseconds (or any number) with its significant digits; a dash if it was not measured. */
function number (value) {
  if (value === undefined) return '-'
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0
  return value.toFixed(digits)
}

/** Formats a ratio; a dash if a side is missing, or too small to be measured. */
function ratio (value) {
  return value === undefined ? '-' : `${number(value)}x`
}

/** Divides two numbers; undefined if one is missing or not above zero. */
function quotient (dividend, divisor) {
  return dividend > 0 && divisor > 0 ? dividend / divisor : undefined
}

module.exports = { Table, number, ratio, quotient }
