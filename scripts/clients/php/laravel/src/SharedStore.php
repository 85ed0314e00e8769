<?php

declare(strict_types=1);

namespace MemcachedSoap\Laravel;

use Illuminate\Session\Store;
use Illuminate\Support\MessageBag;
use Illuminate\Support\ViewErrorBag;
use MemcachedSoap\Session\Id;
use MemcachedSoap\Session\Options;
use MemcachedSoap\Session\Page;
use MemcachedSoap\Session\SessionException;

/**
 * Laravel's session, with the content in the shared one. It reads the session once a
 * request and stores only what has changed.
 */
final class SharedStore extends Store
{
    private readonly Page $page;

    /** Whether the id may be that of a stored session: it came from outside, or was stored. */
    private bool $given = false;

    /** Whether somebody has seen the token that start has made. */
    private bool $tokenUsed = false;

    /** @param bool $previousUrl whether the URL of each page is stored, as Laravel does */
    public function __construct(string $name, private readonly Options $options, private readonly bool $previousUrl = true)
    {
        $this->page = new Page($options);
        parent::__construct($name, new SharedHandler($options));
    }

    /** @throws SessionException */
    public function start(): bool
    {
        $this->tokenUsed = false;
        if (!$this->given || !$this->page->find($this->id)) {
            // An id that is not stored is never taken over.
            $this->id = $this->given ? Id::make() : $this->id;
            $this->given = false;
            $this->page->begin($this->id);
        }
        $this->attributes = array_replace($this->attributes, $this->unpacked($this->page->data()));
        if (!$this->has('_token')) {
            parent::regenerateToken();
        }
        return $this->started = true;
    }

    /** @throws SessionException */
    public function save(): void
    {
        $this->ageFlashData();
        $this->page->save($this->packed());
        $this->given = $this->given || $this->page->isStored();
        $this->started = false;
    }

    /**
     * Gives the session a new id.
     *
     * @param bool $destroy true: the old id is deleted, as a login must; false: it stays valid
     *
     * @throws SessionException
     */
    public function migrate($destroy = false): bool
    {
        $id = Id::make();
        $destroy ? $this->page->renew($id, $this->packed()) : $this->page->copy($id, $this->packed());
        $this->id = $id;
        $this->given = false;
        return true;
    }

    public function setId($id): void
    {
        $this->given = Id::isValid($id);
        $this->id = $this->given ? $id : Id::make();
    }

    public function isValidId($id): bool
    {
        return Id::isValid($id);
    }

    public function token()
    {
        $this->tokenUsed = true;
        return parent::token();
    }

    public function regenerateToken(): void
    {
        $this->tokenUsed = true;
        parent::regenerateToken();
    }

    /**
     * Says that these keys are stored by save in any case: a login.
     *
     * @param list<string> $keys
     */
    public function login(array $keys): void
    {
        $this->page->login($keys);
    }

    /** Deletes all sessions of a user, in all languages, and returns how many there were. */
    public function deleteAll(string $uid): int
    {
        return $this->page->deleteAll($uid);
    }

    protected function generateSessionId(): string
    {
        return Id::make();
    }

    /**
     * Returns what is stored. What Laravel puts into every session is left out until the
     * session needs it: else each visitor without a login would have a stored session.
     *
     * @return array<string, mixed>
     */
    private function packed(): array
    {
        $data = $this->attributes;
        $stored = $this->page->isStored() ? $this->page->data() : [];
        if (!$this->tokenUsed && !isset($stored['_token'])) {
            unset($data['_token']);
        }
        if (($data['_flash'] ?? null) === ['old' => [], 'new' => []] && !isset($stored['_flash'])) {
            unset($data['_flash']);
        }
        if (!$this->previousUrl || ($stored === [] && array_keys($data) === ['_previous'])) {
            unset($data['_previous']);
            $data += array_intersect_key($stored, ['_previous' => true]);
        }
        if (($data['errors'] ?? null) instanceof ViewErrorBag) {
            $bags = array_map(static fn ($bag): array => ['format' => $bag->getFormat(), 'messages' => $bag->getMessages()], $data['errors']->getBags());
            $data['errors'] = ['_bags' => $bags];
        }
        return $data;
    }

    /**
     * @param array<int|string, mixed> $data
     *
     * @return array<int|string, mixed>
     */
    private function unpacked(array $data): array
    {
        if (is_array($data['errors']['_bags'] ?? null)) {
            $errors = new ViewErrorBag();
            foreach ($data['errors']['_bags'] as $name => $bag) {
                $errors->put($name, (new MessageBag((array) ($bag['messages'] ?? [])))->setFormat((string) ($bag['format'] ?? ':message')));
            }
            $data['errors'] = $errors;
        }
        return $data;
    }
}
