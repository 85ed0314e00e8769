using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;

namespace MemcachedSoap.Testing
{
    /// <summary>A check that failed.</summary>
    public sealed class FailedException : Exception
    {
        /// <summary>Makes an exception with what is wrong.</summary>
        public FailedException(string text) : base(text) { }
    }

    /// <summary>Runs tests and prints the result of each.</summary>
    public sealed class Tests
    {
        int passed, failed;

        /// <summary>Runs a test.</summary>
        public void Run(string name, Action test)
        {
            var watch = Stopwatch.StartNew();
            try
            {
                test();
                passed++;
                Console.WriteLine("ok      " + name + " (" + watch.ElapsedMilliseconds + " ms)");
            }
            catch (Exception e)
            {
                failed++;
                Console.WriteLine("FAILED  " + name + "\n" + e);
            }
        }

        /// <summary>Prints the sum and returns the exit code of the program.</summary>
        public int End()
        {
            Console.WriteLine(passed + " passed, " + failed + " failed");
            return failed == 0 && passed > 0 ? 0 : 1;
        }
    }

    /// <summary>Checks of a test.</summary>
    public static class Check
    {
        /// <summary>Fails unless the condition holds.</summary>
        public static void That(bool condition, string what)
        {
            if (!condition) throw new FailedException(what);
        }

        /// <summary>Fails unless both are equal.</summary>
        public static void Equal(object want, object got, string what = "value")
        {
            if (!Equals(want, got)) throw new FailedException(what + ": want " + Show(want) + ", got " + Show(got));
        }

        /// <summary>Fails unless the action throws the exception, which it returns.</summary>
        public static T Throws<T>(Action action) where T : Exception
        {
            try { action(); }
            catch (T e) { return e; }
            catch (Exception e) { throw new FailedException("want " + typeof(T).Name + ", got " + e); }
            throw new FailedException("want " + typeof(T).Name + ", got no exception");
        }

        /// <summary>Waits until the condition holds, for at most 10 seconds.</summary>
        public static void Eventually(Func<bool> condition, string what)
        {
            for (var watch = Stopwatch.StartNew(); !condition(); Thread.Sleep(10))
                if (watch.Elapsed > TimeSpan.FromSeconds(10)) throw new FailedException("not within 10 seconds: " + what);
        }

        /// <summary>Runs an action on several threads at a time and waits for all of them.</summary>
        public static void Parallel(int threads, Action<int> action)
        {
            var errors = new List<Exception>();
            var running = Enumerable.Range(0, threads).Select(i => new Thread(() => {
                try { action(i); }
                catch (Exception e) { lock (errors) errors.Add(e); }
            })).ToList();
            running.ForEach(t => t.Start());
            running.ForEach(t => t.Join());
            if (errors.Count > 0) throw new AggregateException(errors);
        }

        static string Show(object value) { return value == null ? "null" : value + " (" + value.GetType().Name + ")"; }
    }
}
