<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * The session of a plain PHP page, in one line:
 *
 *     MemcachedSoap\Session\Session::start(['url' => 'http://127.0.0.1:8080/soap']);
 *
 * Then $_SESSION is the shared session. If the service does not answer, the page ends with
 * status 503 and a short text; if the session cannot be stored, with 500.
 */
final class Session
{
    private static ?Handler $handler = null;
    private static ?Options $options = null;

    /** @var array<string, mixed> */
    private static array $given = [];

    private function __construct()
    {
    }

    /**
     * Registers the handler and starts the session. A page that starts it again gives the
     * same options.
     *
     * @param array<string, mixed> $options see README.md
     * @param bool                 $readOnly closes the session at once: changes are not stored
     *
     * @throws \InvalidArgumentException for an option that does not exist or cannot work
     */
    public static function start(#[\SensitiveParameter] array $options, bool $readOnly = false): void
    {
        if (self::$handler !== null && $options !== self::$given) {
            throw new \LogicException('memcachedsoap session: the session was started with other options before');
        }
        if (self::$handler === null) {
            self::$given = $options;
            self::$options = Options::of($options);
            self::$handler = new Handler(self::$options);
            self::cookie(self::$options->cookie);
            session_set_save_handler(self::$handler, false);
            self::answerFailures(self::$options->buffer);
        }
        try {
            session_start(['read_and_close' => $readOnly]);
        } catch (SessionException $failure) {
            self::fail($failure);
        }
    }

    /** Returns the user of the shared login, or null if nobody is logged in. */
    public static function user(): ?User
    {
        return User::of($_SESSION ?? []);
    }

    /**
     * Logs a user in: sets these attributes and gives the session a new id. Call it only
     * after you have checked who the user is. _utime, the time of the login, is added.
     *
     * @param array<string, mixed> $attributes at least uid; also cn, mail, groups,
     *                                         authenticationLevel and ipAddr
     *
     * @throws \InvalidArgumentException without uid
     * @throws SessionException
     */
    public static function login(#[\SensitiveParameter] array $attributes): void
    {
        if (User::of($attributes) === null) {
            throw new \InvalidArgumentException('memcachedsoap session: a login needs uid');
        }
        $attributes += ['_utime' => time()];
        if ((User::of($_SESSION)?->uid ?? $attributes['uid']) !== (string) $attributes['uid']) {
            $_SESSION = []; // what another user has left
        }
        $_SESSION = $attributes + $_SESSION;
        session_regenerate_id(true);
        self::handler()->login(array_map(strval(...), array_keys($attributes)));
    }

    /**
     * Logs the user out: deletes the session and its cookie.
     *
     * @throws SessionException
     */
    public static function logout(): void
    {
        session_destroy();
        $_SESSION = [];
        $cookie = session_get_cookie_params();
        unset($cookie['lifetime']);
        setcookie((string) session_name(), '', ['expires' => 1] + $cookie);
    }

    /**
     * Logs a user out everywhere: deletes all sessions with this uid, in all languages.
     * Returns how many there were.
     *
     * @throws SessionException
     */
    public static function logoutEverywhere(string $uid): int
    {
        return self::handler()->logoutEverywhere($uid);
    }

    /** Ends the page with the status and the text of a failure. */
    public static function fail(SessionException $failure): never
    {
        self::options()->log($failure->getMessage());
        while (ob_get_level() > 0 && ob_end_clean()) {
        }
        if (!headers_sent()) {
            header_remove('Set-Cookie');
            http_response_code($failure->status());
            header('Content-Type: text/plain; charset=UTF-8');
            header('Cache-Control: no-store');
            if ($failure instanceof Unavailable) {
                header("Retry-After: $failure->retryAfter");
            }
            echo $failure instanceof Denied ? 'The session could not be read.' : $failure->getMessage(), "\n";
        }
        exit(1);
    }

    /** @param array<string, mixed> $cookie */
    private static function cookie(array $cookie): void
    {
        session_name($cookie['name']);
        unset($cookie['name']);
        session_set_cookie_params($cookie);
    }

    /**
     * Stores the session before the output is sent, so that a page that could not store it
     * does not claim that it has.
     */
    private static function answerFailures(bool $buffer): void
    {
        if ($buffer) {
            ob_start();
        }
        $previous = set_exception_handler(null);
        set_exception_handler(static function (\Throwable $failure) use ($previous): void {
            if ($failure instanceof SessionException) {
                self::fail($failure);
            }
            if ($previous === null) {
                throw $failure;
            }
            $previous($failure);
        });
        register_shutdown_function(static function (): void {
            if (session_status() === PHP_SESSION_ACTIVE) {
                try {
                    Values::check($_SESSION);
                    session_write_close();
                } catch (SessionException $failure) {
                    session_abort();
                    self::fail($failure);
                }
            }
        });
    }

    private static function handler(): Handler
    {
        return self::$handler ?? throw new \LogicException('memcachedsoap session: call Session::start first');
    }

    private static function options(): Options
    {
        return self::$options ?? throw new \LogicException('memcachedsoap session: call Session::start first');
    }
}
