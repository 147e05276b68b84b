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
const callback = (resolve, reject) => (error, result) => (error ? reject(error) : resolve(result))

const actions = {
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
