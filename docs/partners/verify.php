<?php
// Verifies a message of Vantera (Standard Webhooks) with PHP's own library.

/** True when $body (the bytes as they arrived) was signed with $secret (whsec_...) at most $tolerance seconds ago. */
function verify(string $secret, array $headers, string $body, ?int $now = null, int $tolerance = 300): bool
{
    $id = $headers['webhook-id'] ?? '';
    $sentAt = $headers['webhook-timestamp'] ?? '';
    if ($id === '' || !preg_match('/^[0-9]{1,12}$/D', $sentAt)) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $ours = base64_encode(hash_hmac('sha256', "$id.$sentAt.$body", $key, true));
    // While a secret is being replaced there are two signatures; one that fits is enough.
    $fits = false;
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $one) {
        $fits = (str_starts_with($one, 'v1,') && hash_equals($ours, substr($one, 3))) || $fits;
    }
    $fresh = abs(($now ?? time()) - (int) $sentAt) <= $tolerance;
    return $fits && $fresh;
}

if (PHP_SAPI === 'cli' && isset($argv) && count($argv) === 6) {
    [, $secret, $id, $sentAt, $signature, $now] = $argv;
    $sent = ['webhook-id' => $id, 'webhook-timestamp' => $sentAt, 'webhook-signature' => $signature];
    exit(verify($secret, $sent, stream_get_contents(STDIN), (int) $now) ? 0 : 1);
}
