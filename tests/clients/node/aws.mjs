// The AWS SDK for JavaScript v3 with keys of an identity pool, driven from outside: one command as JSON on standard
// input, its steps' answers as JSON on standard output; a refusal is {"error", "message", "status"}.
import { text } from 'node:stream/consumers'

import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { fromCognitoIdentity, fromCognitoIdentityPool } from '@aws-sdk/credential-providers'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const command = JSON.parse(await text(process.stdin))
const where = { endpoint: command.endpoint, region: command.region, maxAttempts: 1 }

// `keys` are taken as they are; otherwise an identity's, of a named one or of whose the logins are. A step may bring others
// than the command.
const credentialsOf = ({ keys, identityId, identityPoolId, logins }) => {
  if (keys) return keys
  const whose = { logins, clientConfig: where, parentClientConfig: where }
  return identityId ? fromCognitoIdentity({ identityId, ...whose }) : fromCognitoIdentityPool({ identityPoolId, ...whose })
}
const clientsOf = (given) => {
  const credentials = credentialsOf(given)
  const s3 = new S3Client({ ...where, credentials, systemClockOffset: given.clockOffset ?? 0, forcePathStyle: true })
  return { credentials, s3, dynamodb: new DynamoDBClient({ ...where, credentials }) }
}
const own = clientsOf(command)
const object = (step) => ({ Bucket: command.bucket, Key: step.key })

const steps = {
  identity: async (_, { credentials }) => ({ identityId: (await credentials()).identityId }),
  put: async (step, { s3 }) => {
    const { ETag } = await s3.send(new PutObjectCommand({ ...object(step), Body: step.body }))
    return { etag: ETag }
  },
  get: async (step, { s3 }) => {
    const { Body } = await s3.send(new GetObjectCommand(object(step)))
    return { body: await Body.transformToString() }
  },
  list: async (step, { s3 }) => {
    const found = await s3.send(new ListObjectsV2Command({ Bucket: command.bucket, Prefix: step.prefix }))
    return { keys: (found.Contents ?? []).map((one) => one.Key) }
  },
  remove: async (step, { s3 }) => {
    await s3.send(new DeleteObjectCommand(object(step)))
    return {}
  },
  getByUrl: async (step, { s3 }) => {
    const url = await getSignedUrl(s3, new GetObjectCommand(object(step)), { expiresIn: 60 })
    const found = await fetch(url)
    return { status: found.status, body: await found.text() }
  },
  putItem: async (step, { dynamodb }) => {
    const item = { owner: { S: step.owner }, id: { S: '1' }, text: { S: step.text } }
    await dynamodb.send(new PutItemCommand({ TableName: command.table, Item: item }))
    return {}
  },
  getItem: async (step, { dynamodb }) => {
    const key = { owner: { S: step.owner }, id: { S: '1' } }
    const found = await dynamodb.send(new GetItemCommand({ TableName: command.table, Key: key }))
    return { text: found.Item?.text?.S ?? null }
  },
}

const answers = []
for (const step of command.steps) {
  try {
    const isOwn = !(step.keys || step.logins || step.clockOffset)
    answers.push(await steps[step.do](step, isOwn ? own : clientsOf({ ...command, ...step })))
  } catch (error) {
    answers.push({ error: error.name, message: error.message, status: error.$metadata?.httpStatusCode })
  }
}
console.log(JSON.stringify(answers))
