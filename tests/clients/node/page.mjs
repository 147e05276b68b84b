// The JavaScript of docs/clients.md, driven from outside: {"module", "outbox", "email", "steps"} as JSON on standard
// input, what the steps answered as JSON on standard output. "$code" among a step's arguments is the newest code mailed.
import { text } from 'node:stream/consumers'

const command = JSON.parse(await text(process.stdin))
const page = await import(command.module)

const code = async () => {
  const found = await fetch(`${command.outbox}?to=${encodeURIComponent(command.email)}`)
  return (await found.json())[0].code
}

const answers = []
for (const [name, ...given] of command.steps) {
  const wanted = []
  for (const one of given) wanted.push(one === '$code' ? await code() : one)
  try {
    answers.push((await page[name](...wanted)) ?? null)
  } catch (error) {
    answers.push({ error: error.name, message: error.message })
  }
}
// Sessions and tokens are not for anybody's log: what is not plain is left out
console.log(JSON.stringify(answers.map((one) => (one?.constructor === Object || Array.isArray(one) ? one : typeof one))))
process.exit(0)
