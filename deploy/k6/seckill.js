// A sale under load, as k6 sees it from outside. `cargo xtask k6 [scenario]` runs it and then
// audits MySQL afterwards; by hand:
//
//   mall token --users 1..10000 > tokens.txt
//   k6 run -e SCENARIO=burst -e TOKENS=$PWD/tokens.txt deploy/k6/seckill.js
//
// SCENARIO    storm       a few units, everybody keeps asking: how fast is "sold out"?
//             burst       every user once, ten for each unit
//             duplicates  every user ten times at once, two for each unit
//             steady      a new user each time, at a constant rate; half of them find a unit
// TOKENS      a file with one access token per line: the users
// URL         the gateway (http://127.0.0.1:8080)
// ADMIN, ADMIN_PASSWORD   who makes the product and the activity (the demo's)
// UNITS, VUS, DURATION, RATE   instead of the scenario's own (steady needs RATE × DURATION users)
// REPORT      where handleSummary writes, without ending (target/k6/<scenario>)
//
// Every buyer who asks (`asked`) ends as exactly one of: won, repeated, sold_out, errors. `limited`
// counts how often one was told to come back first (429 or 503 with Retry-After), and came back;
// `unanswered` how often a connection was cut before the answer, so that nobody knew, and the buyer
// asked again.

import http from 'k6/http'
import exec from 'k6/execution'
import { SharedArray } from 'k6/data'
import { Counter, Trend } from 'k6/metrics'
import { fail, sleep } from 'k6'

const url = __ENV.URL || 'http://127.0.0.1:8080'
const name = __ENV.SCENARIO || 'burst'
const report = __ENV.REPORT || `target/k6/${name}`
if (!__ENV.TOKENS) {
  fail('TOKENS names no file: mall token --users 1..10000 > tokens.txt')
}
const tokens = new SharedArray('tokens', () => open(__ENV.TOKENS).trim().split('\n'))
const users = tokens.length

const number = (key, otherwise) => (__ENV[key] ? Number(__ENV[key]) : otherwise)
const duration = __ENV.DURATION || '30s'
const rate = number('RATE', 300)

/** Requests that one buyer sends at once. */
const TOGETHER = 10
/** Times that one buyer comes back before that counts as an error. */
const RETRIES_MAX = 60
/** Seconds within which a new activity has to be open. */
const OPEN_MAX_S = 30

// How each scenario is driven, what it sells, and what must come of it.
const scenarios = {
  storm: {
    units: Math.min(100, Math.floor(users / 2)),
    exec: 'one_of_mine',
    options: { executor: 'constant-vus', vus: Math.min(number('VUS', 100), users), duration },
    outcome: (units) => ({ won: [`count==${units}`], sold_out: ['count>0'] }),
  },
  burst: {
    units: Math.floor(users / 10),
    exec: 'next_user',
    options: { executor: 'shared-iterations', vus: number('VUS', 200), iterations: users, maxDuration: '5m' },
    outcome: (units) => ({
      won: [`count==${units}`],
      sold_out: [`count==${users - units}`],
      repeated: ['count==0'],
    }),
  },
  duplicates: {
    units: Math.floor(users / 2),
    exec: 'ten_at_once',
    options: { executor: 'shared-iterations', vus: number('VUS', 50), iterations: users, maxDuration: '5m' },
    outcome: (units) => ({
      won: [`count==${units}`],
      repeated: [`count==${units * (TOGETHER - 1)}`],
      sold_out: [`count==${(users - units) * TOGETHER}`],
    }),
  },
  steady: {
    units: Math.floor(users / 2),
    exec: 'next_user',
    options: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration,
      preAllocatedVUs: number('VUS', 100),
      maxVUs: 2_000,
    },
    outcome: (units) => ({
      won: [`count==${units}`],
      sold_out: ['count>0'],
      repeated: ['count==0'],
      dropped_iterations: ['count==0'],
    }),
  },
}
const scenario = scenarios[name] || fail(`SCENARIO is one of ${Object.keys(scenarios).join(', ')}`)
const units = number('UNITS', scenario.units)

export const options = {
  scenarios: { [name]: { exec: scenario.exec, ...scenario.options } },
  thresholds: { errors: ['count==0'], ...scenario.outcome(units) },
  summaryTrendStats: ['avg', 'p(50)', 'p(95)', 'p(99)', 'max'],
  batchPerHost: TOGETHER,
  setupTimeout: '60s',
  teardownTimeout: '60s',
  // Tokens outlive the run, and a refusal is not a failure.
  userAgent: 'mall-k6',
}
http.setResponseCallback(http.expectedStatuses(200, 202, 409, 429, 503))

const asked = new Counter('asked')
const won = new Counter('won')
const soldOut = new Counter('sold_out')
const repeated = new Counter('repeated')
const limited = new Counter('limited')
const unanswered = new Counter('unanswered')
const errors = new Counter('errors')
/** From the first request to "won" or "sold out", waiting included. */
const decided = new Trend('decided', true)

/** What a business code means to a buyer. */
const WON = 0
const SOLD_OUT = 60003

export function setup() {
  const login = { username: __ENV.ADMIN || 'admin', password: __ENV.ADMIN_PASSWORD || 'admin-demo' }
  const admin = ask('POST', '/auth/login', login).access_token
  const product = ask('POST', '/admin/products', { name: `k6 ${name}`, price: '20.00', stock: units }, admin)
  const activity = {
    product_id: product.id,
    name: `k6 ${name}`,
    spike_price: '5.00',
    spike_stock: units,
    per_user_limit: 1,
    // Longer than any run: a unit that came back would be sold twice, rightly.
    payment_window_s: 86_400,
    start_at: '2026-01-01T00:00:00Z',
    end_at: '2099-01-01T00:00:00Z',
  }
  const { id } = ask('POST', '/admin/seckill/activities', activity, admin)
  wait_until_open(id, admin)
  for (const counter of [asked, won, soldOut, repeated, limited, unanswered, errors]) {
    counter.add(0) // So that none is missing from the summary.
  }
  return { activity: id }
}

function ask(method, path, body, token) {
  const headers = { 'Content-Type': 'application/json' }
  if (token) headers.Authorization = `Bearer ${token}`
  const response = http.request(method, `${url}/api/v1${path}`, JSON.stringify(body), { headers })
  const answer = read(response)
  if (answer.code !== 0) fail(`${method} ${path}: HTTP ${response.status} ${response.body}`)
  return answer.data
}

// More than the limit is refused without taking anything, as soon as there is anything to take.
function wait_until_open(activity, admin) {
  const [target, params] = request(activity, admin)
  for (let waited = 0; waited < OPEN_MAX_S; waited += 0.2) {
    if (read(http.post(target, '{"quantity":2}', params)).code === 60007) return
    sleep(0.2)
  }
  fail(`activity ${activity} did not open within ${OPEN_MAX_S} s`)
}

const request = (activity, token) => [
  `${url}/api/v1/seckill/activities/${activity}/orders`,
  {
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    tags: { name: 'reserve' },
  },
]

/** Every iteration a user who has not asked yet. */
export function next_user({ activity }) {
  const index = exec.scenario.iterationInTest
  if (index < users) buy(activity, index)
}

/** Each virtual user owns some of the users, and lets them ask in turn. */
export function one_of_mine({ activity }) {
  const own = Math.floor(users / scenario.options.vus)
  const turn = exec.vu.iterationInScenario % own
  buy(activity, exec.vu.idInTest - 1 + turn * scenario.options.vus)
}

/** Every iteration one user, whose requests arrive together. */
export function ten_at_once({ activity }) {
  const index = exec.scenario.iterationInTest
  const [target, params] = request(activity, tokens[index])
  const started = Date.now()
  const calls = Array.from({ length: TOGETHER }, () => ['POST', target, '{"quantity":1}', params])
  for (const response of http.batch(calls)) {
    decide(activity, index, started, response)
  }
}

function buy(activity, index) {
  const [target, params] = request(activity, tokens[index])
  const started = Date.now()
  decide(activity, index, started, http.post(target, '{"quantity":1}', params))
}

/** By user: what was won. No other virtual user asks for the same one. */
const orders = new Map()

/** Comes back as often as told to, then counts the one outcome. */
function decide(activity, index, started, first) {
  asked.add(1)
  let response = first
  for (let retries = 0; retries < RETRIES_MAX; retries += 1) {
    const seconds = come_back_after(response)
    if (!seconds) break
    const why = response.status === 0 ? unanswered : limited
    why.add(1)
    // Not all at the same moment again.
    sleep(seconds * (1 + Math.random() / 2))
    const [target, params] = request(activity, tokens[index])
    response = http.post(target, '{"quantity":1}', params)
  }
  decided.add(Date.now() - started)
  const { code, data } = read(response)
  if (code === WON && response.status === 202 && data.ticket) {
    win(index, data)
  } else if (code === SOLD_OUT && response.status === 409) {
    soldOut.add(1)
  } else {
    wrong(`user ${index}: HTTP ${response.status} ${response.body || response.error}`)
  }
}

/** One order, and one answer at most that is not a repeat of it, in whatever order they come. */
function win(index, { order_no, repeated: again }) {
  const held = orders.get(index) ?? { order_no, firsts: 0, answers: 0 }
  held.firsts += again ? 0 : 1
  held.answers += 1
  orders.set(index, held)
  if (held.order_no !== order_no || held.firsts > 1) {
    wrong(`user ${index} won ${held.order_no} and now ${order_no}`)
  } else if (held.answers === 1) {
    won.add(1)
  } else {
    repeated.add(1)
  }
}

function wrong(what) {
  errors.add(1)
  console.error(what)
}

/** Seconds; 0: that was the answer, also if it is a 503 that does not say when. */
function come_back_after({ status, headers }) {
  if (status === 0) return 1
  return status === 429 || status === 503 ? Number(headers['Retry-After'] ?? 0) : 0
}

function read(response) {
  try {
    return JSON.parse(response.body) ?? { code: -1 }
  } catch {
    return { code: -1 }
  }
}

export function handleSummary(data) {
  const result = figures(data)
  const text = lines(result).join('\n') + '\n'
  return { stdout: `\n${text}`, [`${report}.txt`]: text, [`${report}.json`]: JSON.stringify(result, null, 2) }
}

function figures({ metrics, setup_data, state }) {
  const count = (metric) => metrics[metric]?.values.count ?? 0
  const time = (metric) => metrics[metric]?.values ?? {}
  const { avg, 'p(50)': p50, 'p(95)': p95, 'p(99)': p99, max } = time('http_req_duration')
  const judged = Object.entries(metrics).flatMap(([metric, { thresholds }]) =>
    Object.entries(thresholds ?? {}).map(([rule, { ok }]) => ({ metric, rule, ok })),
  )
  return {
    scenario: name,
    activity: setup_data?.activity ?? 0,
    users,
    units,
    asked: count('asked'),
    won: count('won'),
    repeated: count('repeated'),
    sold_out: count('sold_out'),
    limited: count('limited'),
    unanswered: count('unanswered'),
    errors: count('errors'),
    dropped: count('dropped_iterations'),
    requests: count('http_reqs'),
    requests_per_s: metrics.http_reqs?.values.rate ?? 0,
    seconds: state.testRunDurationMs / 1000,
    request_ms: { avg, p50, p95, p99, max },
    decided_ms: { p99: time('decided')['p(99)'], max: time('decided').max },
    thresholds: judged,
    passed: judged.every(({ ok }) => ok),
  }
}

function lines(result) {
  const ms = (value) => `${(value ?? 0).toFixed(1)} ms`
  const { request_ms: took, decided_ms: whole } = result
  const decided = result.won + result.repeated + result.sold_out + result.errors
  return [
    `k6 ${result.scenario}: activity ${result.activity}, ${result.users} users, ${result.units} units`,
    '',
    `  won        ${result.won} of ${result.units} units`,
    `  repeated   ${result.repeated}   the same order again`,
    `  sold out   ${result.sold_out}`,
    `  errors     ${result.errors}`,
    `  = ${decided} of ${result.asked} who asked; ${result.limited} times "come back" (429, 503),`,
    `    ${result.unanswered} times no answer, ${result.dropped} dropped`,
    '',
    `  ${result.requests} requests in ${result.seconds.toFixed(1)} s: ${result.requests_per_s.toFixed(0)}/s`,
    `  a request  p50 ${ms(took.p50)}   p95 ${ms(took.p95)}   p99 ${ms(took.p99)}   max ${ms(took.max)}`,
    `  a decision p99 ${ms(whole.p99)}   max ${ms(whole.max)}, waiting included`,
    '',
    ...result.thresholds.map(({ metric, rule, ok }) => `  ${ok ? '✔' : '✘'} ${metric} ${rule}`),
  ]
}
