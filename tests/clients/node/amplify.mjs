// AWS Amplify v6, driven from outside: one command as JSON on standard input, its steps' answers as JSON on standard
// output; a refusal is {"error", "message", "status"}.
import http from 'node:http'
import { text } from 'node:stream/consumers'

import { Amplify } from 'aws-amplify'
import { fetchAuthSession, signIn, signOut } from 'aws-amplify/auth'
import { downloadData, getUrl, list, remove, uploadData } from 'aws-amplify/storage'

const command = JSON.parse(await text(process.stdin))

// Amplify has settings for Cognito's endpoints and none that works for S3's
// (dangerouslyConnectToHttpEndpointForTesting means one fixed port, and 6.22 refuses its own address): requests for AWS's
// hosts are brought to the cloud, with the Host they were signed for. `fetch` itself would not let that be set.
const cloud = new URL(command.endpoint)
const ownFetch = globalThis.fetch
globalThis.fetch = async (resource, init) => {
  const request = new Request(resource, init)
  const url = new URL(request.url)
  if (!url.hostname.endsWith('.amazonaws.com')) return ownFetch(request)
  const body = Buffer.from(await request.arrayBuffer())
  const headers = { ...Object.fromEntries(request.headers), host: url.host, 'content-length': body.length }
  const options = { host: cloud.hostname, port: cloud.port, path: url.pathname + url.search, method: request.method }
  return new Promise((resolve, reject) => {
    const sent = http.request({ ...options, headers }, async (answer) => {
      const parts = await answer.toArray()
      const empty = [204, 304].includes(answer.statusCode)
      resolve(new Response(empty ? null : Buffer.concat(parts), { status: answer.statusCode, headers: answer.headers }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const settings = {
  Auth: {
    Cognito: {
      userPoolId: command.userPoolId,
      userPoolClientId: command.clientId,
      userPoolEndpoint: command.endpoint,
      identityPoolId: command.identityPoolId,
      identityPoolEndpoint: command.endpoint,
      allowGuestAccess: true,
    },
  },
  Storage: { S3: { bucket: command.bucket, region: command.region } },
}

// A step may bring keys, which are taken as they are, as apps do whose keys come from elsewhere.
const bringing = (credentials) => ({
  Auth: {
    credentialsProvider: {
      getCredentialsAndIdentityId: async () => ({ credentials }),
      clearCredentialsAndIdentityId: () => {},
    },
  },
})
Amplify.configure(settings)

const steps = {
  identity: async () => {
    const { identityId, userSub, tokens } = await fetchAuthSession()
    return { identityId, userSub: userSub ?? null, groups: tokens?.idToken?.payload['cognito:groups'] ?? [] }
  },
  put: async (step) => ({ path: (await uploadData({ path: step.key, data: step.body }).result).path }),
  get: async (step) => ({ body: await (await downloadData({ path: step.key }).result).body.text() }),
  list: async (step) => ({ keys: (await list({ path: step.prefix })).items.map((one) => one.path) }),
  remove: async (step) => ({ path: (await remove({ path: step.key })).path }),
  getByUrl: async (step) => {
    const { url } = await getUrl({ path: step.key, options: { expiresIn: 60 } })
    const found = await fetch(url)
    return { status: found.status, body: await found.text() }
  },
}

const answers = []
try {
  if (command.username) {
    const { isSignedIn } = await signIn({ username: command.username, password: command.password })
    if (!isSignedIn) throw new Error('sign-in asks for more')
  }
  for (const step of command.steps) {
    try {
      if (step.keys) Amplify.configure(settings, bringing(step.keys))
      answers.push(await steps[step.do](step))
    } catch (error) {
      const status = error.metadata?.httpStatusCode ?? error.$metadata?.httpStatusCode
      answers.push({ error: error.name, message: error.message, status })
    }
  }
} finally {
  if (command.username) await signOut()
}
console.log(JSON.stringify(answers))
