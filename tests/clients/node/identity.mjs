// amazon-cognito-identity-js, driven from outside: one command as JSON on standard input, one answer as JSON on standard
// output. {"do": "signIn", "endpoint", "poolId", "clientId", "username", "password", ...} -> tokens, or {"error", "message"}.
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

const require = createRequire(import.meta.url)
const { CognitoUserPool, CognitoUser, CognitoUserAttribute, AuthenticationDetails, CognitoRefreshToken } =
  require('amazon-cognito-identity-js')

const command = JSON.parse(await text(process.stdin))
const pool = new CognitoUserPool({
  UserPoolId: command.poolId,
  ClientId: command.clientId,
  endpoint: command.endpoint,
})
const user = new CognitoUser({ Username: command.username, Pool: pool })

const tokens = (session) => ({
  idToken: session.getIdToken().getJwtToken(),
  accessToken: session.getAccessToken().getJwtToken(),
  refreshToken: session.getRefreshToken().getToken(),
})

// Every question authenticateUser may come back with, answered from command.answers; `asked` tells in which order. A code
// is given, or taken from the newest message to an address: {"to": "+41..."}.
const asked = []
const given = async (name) => {
  const answer = command.answers?.[name]
  if (answer?.to === undefined) return answer
  const found = await fetch(`${command.endpoint}/_poolhouse/outbox?to=${encodeURIComponent(answer.to)}`)
  return (await found.json())[0].code
}
const answering = (resolve, reject) => {
  const callbacks = {
    onSuccess: (session) => resolve({ ...tokens(session), asked }),
    onFailure: reject,
    newPasswordRequired: async () => {
      asked.push('NEW_PASSWORD_REQUIRED')
      user.completeNewPasswordChallenge(await given('NEW_PASSWORD_REQUIRED'), {}, callbacks)
    },
    mfaRequired: async () => {
      asked.push('SMS_MFA')
      user.sendMFACode(await given('SMS_MFA'), callbacks)
    },
    totpRequired: async () => {
      asked.push('SOFTWARE_TOKEN_MFA')
      user.sendMFACode(await given('SOFTWARE_TOKEN_MFA'), callbacks, 'SOFTWARE_TOKEN_MFA')
    },
    selectMFAType: async () => {
      asked.push('SELECT_MFA_TYPE')
      user.sendMFASelectionAnswer(await given('SELECT_MFA_TYPE'), callbacks)
    },
    mfaSetup: () => {
      asked.push('MFA_SETUP')
      user.associateSoftwareToken({
        associateSecretCode: async (secret) => {
          const code = await (await import('node:child_process')).execFileSync(command.totp[0], [...command.totp.slice(1), secret])
          user.verifySoftwareToken(String(code).trim(), 'phone', callbacks)
        },
        onFailure: reject,
      })
    },
    customChallenge: async () => {
      asked.push('CUSTOM_CHALLENGE')
      user.sendCustomChallengeAnswer(await given('CUSTOM_CHALLENGE'), callbacks)
    },
  }
  return callbacks
}
const details = () => new AuthenticationDetails({ Username: command.username, Password: command.password })
const callback = (resolve, reject) => (error, result) => (error ? reject(error) : resolve(result))

const actions = {
  challenges: () =>
    new Promise((resolve, reject) => {
      if (command.flow) user.setAuthenticationFlowType(command.flow)
      const begin = command.flow === 'CUSTOM_AUTH' && !command.password ? 'initiateAuth' : 'authenticateUser'
      user[begin](details(), answering(resolve, reject))
    }),
  device: async () => {
    const first = await new Promise((resolve, reject) => user.authenticateUser(details(), answering(resolve, reject)))
    await new Promise((resolve, reject) =>
      user.setDeviceStatusRemembered({ onSuccess: resolve, onFailure: reject }),
    )
    const firstAsked = asked.splice(0)
    if (command.secret) {
      user.randomPassword = command.secret
      user.cacheDeviceKeyAndPassword()
    }
    const second = await new Promise((resolve, reject) => user.authenticateUser(details(), answering(resolve, reject)))
    return { ...second, firstAsked, sameDevice: first.accessToken !== second.accessToken }
  },
  signUp: () =>
    new Promise((resolve, reject) => {
      const attributes = Object.entries(command.attributes ?? {}).map(
        ([Name, Value]) => new CognitoUserAttribute({ Name, Value }),
      )
      pool.signUp(command.username, command.password, attributes, null, callback(resolve, reject))
    }).then((result) => ({ userSub: result.userSub, confirmed: result.userConfirmed })),
  confirm: () =>
    new Promise((resolve, reject) => user.confirmRegistration(command.code, false, callback(resolve, reject))).then(
      (result) => ({ result }),
    ),
  signIn: () =>
    new Promise((resolve, reject) => {
      const details = new AuthenticationDetails({ Username: command.username, Password: command.password })
      user.authenticateUser(details, {
        onSuccess: (session) => resolve(tokens(session)),
        onFailure: reject,
        newPasswordRequired: () =>
          command.newPassword
            ? user.completeNewPasswordChallenge(command.newPassword, {}, {
                onSuccess: (session) => resolve(tokens(session)),
                onFailure: reject,
              })
            : resolve({ challenge: 'NEW_PASSWORD_REQUIRED' }),
      })
    }),
  refresh: () =>
    new Promise((resolve, reject) =>
      user.refreshSession(
        new CognitoRefreshToken({ RefreshToken: command.refreshToken }),
        callback((session) => resolve(tokens(session)), reject),
      ),
    ),
}

let answer
try {
  answer = await actions[command.do]()
} catch (error) {
  answer = { error: error.code ?? error.name, message: error.message }
}
process.stdout.write(JSON.stringify(answer) + '\n')
