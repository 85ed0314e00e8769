<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * PHP's save handler. It reads a session once a page and stores only what the page has
 * changed, so pages of one user need not wait for each other.
 *
 *     session_set_save_handler(Handler::of(['url' => 'http://127.0.0.1:8080/soap']), true);
 *
 * It makes the settings of PHP that it needs: strict mode, php_serialize, ids of 32
 * hexadecimal digits, and cookies only. Methods throw SessionException.
 */
final class Handler implements \SessionHandlerInterface, \SessionUpdateTimestampHandlerInterface, \SessionIdInterface
{
    private readonly Page $page;

    /** The id that validateId has found, and that no read has used yet. */
    private ?string $found = null;

    /** Why validateId could not read the session. */
    private ?SessionException $failure = null;

    /** The id that create_sid has made, until it is open. */
    private ?string $made = null;

    /** The session that session_regenerate_id(true) deletes, until the new id is there. */
    private ?string $leaving = null;

    /** @param string|null $container see Names */
    public function __construct(private readonly Options $options, ?string $container = null)
    {
        $this->page = new Page($options, $container);
        self::configure();
    }

    /**
     * @param array<string, mixed> $options see README.md
     *
     * @throws \InvalidArgumentException
     */
    public static function of(array $options): self
    {
        return new self(Options::of($options));
    }

    public function open(string $path, string $name): bool
    {
        // A framework may have set its own values after the constructor.
        if (ini_get('session.serialize_handler') !== 'php_serialize' || !ini_get('session.use_strict_mode')) {
            throw new \LogicException('memcachedsoap session: session.serialize_handler must stay php_serialize, and session.use_strict_mode 1');
        }
        return true;
    }

    public function create_sid(): string
    {
        return $this->made = Id::make();
    }

    public function validateId(#[\SensitiveParameter] string $id): bool
    {
        $caller = self::caller();
        if ($caller === 'session_regenerate_id' || $caller === 'session_create_id') {
            return false; // PHP asks whether its new id is taken
        }
        if ($id === $this->made) {
            return true; // session_reset of a session that is not stored yet
        }
        // After an exception here PHP would go on and hide it: read throws it.
        try {
            $this->failure = null;
            $this->found = $this->page->find($id) ? $id : null;
        } catch (SessionException $failure) {
            $this->failure = $failure;
            return true;
        }
        return $this->found !== null;
    }

    public function read(#[\SensitiveParameter] string $id): string
    {
        if ($this->failure !== null) {
            $failure = $this->failure;
            $this->failure = null;
            throw $failure;
        }
        if (self::caller() === 'session_regenerate_id') {
            $this->regenerated($id);
        } elseif ($this->found !== $id) {
            $this->page->begin($id); // PHP has made the id: strict mode asks validateId about others
        }
        $this->found = null;
        $data = $this->page->data();
        return $data === [] ? '' : serialize($data);
    }

    public function write(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $data): bool
    {
        if ($this->page->id() !== $id) {
            return $this->page->id() === null; // dropped by a write before, and logged
        }
        if (isset($_SESSION)) {
            Values::check($_SESSION);
        }
        $this->page->save($data === '' ? [] : $this->unserialized($data));
        if ($this->page->isStored()) {
            $this->made = null;
        }
        return true;
    }

    /** The page has changed nothing, and reading has given the session its idle time. */
    public function updateTimestamp(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $data): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function destroy(#[\SensitiveParameter] string $id): bool
    {
        if (self::caller() === 'session_regenerate_id') {
            $this->leaving = $id;
            return true;
        }
        $this->made = null;
        $this->page->delete($id);
        return true;
    }

    /** Sessions expire in memcached. */
    public function gc(int $maxLifetime): int
    {
        return 0;
    }

    /**
     * Says that these keys of the session are stored in any case: a login.
     *
     * @param list<string> $keys
     */
    public function login(array $keys): void
    {
        $this->page->login($keys);
    }

    /**
     * Logs a user out everywhere: deletes all sessions with this uid, in all languages.
     * Returns how many there were.
     *
     * @throws SessionException
     */
    public function logoutEverywhere(string $uid): int
    {
        return $this->page->deleteAll($uid);
    }

    private function regenerated(#[\SensitiveParameter] string $id): void
    {
        $session = $_SESSION ?? [];
        if ($this->leaving === null) {
            $this->page->copy($id, $session);
        } else {
            $this->leaving = null;
            $this->page->renew($id, $session);
        }
        $this->made = $this->page->isStored() ? null : $id;
    }

    /** @return array<int|string, mixed> */
    private function unserialized(string $data): array
    {
        return (new Values($this->options->objects))->unserialize($data);
    }

    /** The function of PHP that calls the handler, such as session_start. */
    private static function caller(): string
    {
        foreach (debug_backtrace(DEBUG_BACKTRACE_IGNORE_ARGS, 8) as $frame) {
            if (!isset($frame['class']) && str_starts_with($frame['function'], 'session_')) {
                return $frame['function'];
            }
        }
        return '';
    }

    private static function configure(): void
    {
        if (session_status() === PHP_SESSION_ACTIVE) {
            throw new \LogicException('memcachedsoap session: a session is open already: set session.auto_start to 0');
        }
        $settings = [
            'serialize_handler' => 'php_serialize', 'use_strict_mode' => '1', 'use_cookies' => '1',
            'use_only_cookies' => '1', 'use_trans_sid' => '0', 'gc_probability' => '0',
            'sid_length' => '32', 'sid_bits_per_character' => '4',
        ];
        foreach ($settings as $name => $value) {
            // PHP 8.4 has deprecated some of them, and complains even about their only value.
            if (ini_get("session.$name") !== $value && ini_set("session.$name", $value) === false) {
                throw new \LogicException("memcachedsoap session: session.$name cannot be set after output has begun");
            }
        }
    }
}
