/** A waiting statement holds a socket with its long poll; those may not keep a submission or a poll waiting. */
const MOST_SOCKETS = 500;

/**
 * What every AWS client of ours is made with: one request and no second, because Temporal is the only retrier, and an
 * end to each. Without `throwOnRequestTimeout` the SDK only warns, and who waits for a silent server waits for ever.
 *
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-maxsockets.html
 */
export const awsRequests = (requestTimeoutMs: number) => ({
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 5_000,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
    // The server may also fall silent in the middle of its answer.
    socketTimeout: requestTimeoutMs,
    httpAgent: { maxSockets: MOST_SOCKETS },
    httpsAgent: { maxSockets: MOST_SOCKETS },
  },
});
