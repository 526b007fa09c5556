job "report" {
  type = "batch"
  periodic {
    crons = ["0 3 * * *"]
  }
  group "report" {
    task "report" {
      driver = "exec"
      config {
        command = "/usr/local/bin/report"
        args    = ["--day", "yesterday"]
      }
    }
  }
}
