// The AWS SDK for JavaScript v3 with keys of an identity pool, driven from outside: one command as JSON on standard
// input, its steps' answers as JSON on standard output; a refusal is {"error", "message", "status"}.
import { text } from 'node:stream/consumers'

import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const command = JSON.parse(await text(process.stdin))
const where = { endpoint: command.endpoint, region: command.region, maxAttempts: 1 }
const credentials = fromCognitoIdentityPool({
  identityPoolId: command.identityPoolId,
  logins: command.logins,
  clientConfig: where,
  parentClientConfig: where,
})
const s3 = new S3Client({ ...where, credentials, forcePathStyle: true })
const dynamodb = new DynamoDBClient({ ...where, credentials })
const object = (step) => ({ Bucket: command.bucket, Key: step.key })

const steps = {
  identity: async () => ({ identityId: (await credentials()).identityId }),
  put: async (step) => ({ etag: (await s3.send(new PutObjectCommand({ ...object(step), Body: step.body }))).ETag }),
  get: async (step) => ({ body: await (await s3.send(new GetObjectCommand(object(step)))).Body.transformToString() }),
  list: async (step) => {
    const found = await s3.send(new ListObjectsV2Command({ Bucket: command.bucket, Prefix: step.prefix }))
    return { keys: (found.Contents ?? []).map((one) => one.Key) }
  },
  getByUrl: async (step) => {
    const url = await getSignedUrl(s3, new GetObjectCommand(object(step)), { expiresIn: 60 })
    const found = await fetch(url)
    return { status: found.status, body: await found.text() }
  },
  putItem: async (step) => {
    const item = { owner: { S: step.owner }, id: { S: '1' }, text: { S: step.text } }
    await dynamodb.send(new PutItemCommand({ TableName: command.table, Item: item }))
    return {}
  },
  getItem: async (step) => {
    const key = { owner: { S: step.owner }, id: { S: '1' } }
    const found = await dynamodb.send(new GetItemCommand({ TableName: command.table, Key: key }))
    return { text: found.Item?.text?.S ?? null }
  },
}

const answers = []
for (const step of command.steps) {
  try {
    answers.push(await steps[step.do](step))
  } catch (error) {
    answers.push({ error: error.name, message: error.message, status: error.$metadata?.httpStatusCode })
  }
}
console.log(JSON.stringify(answers))
