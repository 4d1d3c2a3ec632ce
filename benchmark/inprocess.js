'use strict'

const { bareStage, setStage } = require('./stage')
const { measure, median, medianAbove } = require('./stopwatch')
const { NAMES, shape } = require('./shapes')
const { prove } = require('./proof')
const { BARE } = require('./subjects')

const MODES = ['cookie', 'store']

/** The cases of the table, by name. */
const CASES = new Map([
  ['untouched cookie', { action: 'untouched', mode: 'cookie', shape: 'flat-100' }],
  ['untouched store', { action: 'untouched', mode: 'store', shape: 'flat-100' }],
  ...MODES.flatMap((mode) => ['read', 'modify'].flatMap((action) => [...NAMES, 'flat-100', 'flat-1000', 'flat-3000'].map((shape) =>
    [`${mode} ${action} ${shape}`, { action, mode, shape }])))
])

/**
 * Measures the cost of subjects in a case.
 *
 * @param {object[]} subjects
 * @param {object} scene
 * @param {object} options as the stopwatch takes them
 * @returns {Promise<Map<string, number>>} microseconds above the bare app, by the subject's name; those of JSON alone as
 *   'JSON'
 */
async function costs (subjects, scene, options) {
  const stages = await setStages(subjects, scene)
  const runs = new Map([[BARE.name, bareStage(BARE, stages.values().next().value).visit]])
  for (const [name, stage] of stages) runs.set(name, stage.visit)
  if (scene.action !== 'untouched') runs.set('JSON', throughJson(scene.shape))
  const samples = await measure(runs, options)
  // Checked again: a subject that fails after many requests would otherwise look fast.
  for (const stage of stages.values()) await prove(stage)
  const bare = samples.get(BARE.name)
  const result = new Map([...stages.keys()].map((name) => [name, medianAbove(samples.get(name), bare)]))
  if (samples.has('JSON')) result.set('JSON', median(samples.get('JSON')))
  return result
}

async function setStages (subjects, scene) {
  const stages = new Map()
  for (const subject of subjects.filter(({ modes }) => modes.includes(scene.mode))) {
    const stage = await setStage(subject, scene)
    await prove(stage)
    stages.set(subject.name, stage)
  }
  return stages
}

function throughJson (name) {
  const text = JSON.stringify(shape(name).data())
  return () => {
    JSON.stringify(JSON.parse(text))
  }
}

module.exports = { CASES, MODES, costs, setStages }
